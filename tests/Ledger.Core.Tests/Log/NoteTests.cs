using System.Text;
using Ledger.Core.Log;

namespace Ledger.Core.Tests.Log;

public sealed class NoteTests
{
    private const string Root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    private const string Signature = "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO"
        + "oRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    /// <summary>The example that C2SP tlog-checkpoint prints.</summary>
    private const string Body = $"example.com/behind-the-sofa\n20852163\n{Root}\n";

    [Fact]
    public void The_checkpoint_that_the_specification_prints_is_read_and_written_back()
    {
        byte[] note = Encoding.UTF8.GetBytes($"{Body}\n{Signature}");
        Assert.True(SignedNote.TryParse(note, out SignedNote? parsed, out NoteError error), error.ToString());
        Assert.Equal(Body, Encoding.UTF8.GetString(parsed.Text.Span));
        NoteSignature signature = Assert.Single(parsed.Signatures);
        Assert.Equal("example.com/behind-the-sofa", signature.KeyName);
        Assert.Equal(0x033de0aeu, signature.KeyHash);
        Assert.Equal(64, signature.Signature.Length);
        Assert.Equal(note, parsed.Encode());
        Assert.Equal(note, SignedNote.Of(parsed.Text.Span, parsed.Signatures).Encode());

        Assert.True(Checkpoint.TryParse(parsed.Text.Span, out Checkpoint? checkpoint, out error), error.ToString());
        Assert.Equal(20_852_163UL, checkpoint.Size.Value);
        Assert.Equal(Root, Convert.ToBase64String(checkpoint.Root.Span));
        Assert.Equal(Body, Encoding.UTF8.GetString(checkpoint.Encode()));
    }

    [Fact]
    public void Extension_lines_are_kept()
    {
        string body = Body + "block 17\nétendue\n";
        Assert.True(Checkpoint.TryParse(Encoding.UTF8.GetBytes(body), out Checkpoint? checkpoint, out _));
        Assert.Equal((string[])["block 17", "étendue"], checkpoint.Extensions.AsEnumerable());
        Assert.Equal(body, Encoding.UTF8.GetString(checkpoint.Encode()));
    }

    [Theory]
    [InlineData("", NoteFault.LineMissing, 0)]
    [InlineData("origin", NoteFault.LineMissing, 0)]
    [InlineData($"\n1\n{Root}\n", NoteFault.Origin, 0)]
    [InlineData($"a\tb\n1\n{Root}\n", NoteFault.ControlCharacter, 0)]
    [InlineData($"a\r\n1\n{Root}\n", NoteFault.ControlCharacter, 0)]
    [InlineData("origin\n1", NoteFault.LineMissing, 7)]
    [InlineData($"origin\n\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n01\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n+1\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n-1\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n 1\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n1 \n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n1e3\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n9007199254740992\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n18446744073709551617\n{Root}\n", NoteFault.Number, 7)]
    [InlineData($"origin\n1\n{Root}", NoteFault.LineMissing, 9)]
    [InlineData("origin\n1\n\n", NoteFault.HashLength, 9)]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n", NoteFault.HashLength, 9)]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n", NoteFault.Base64, 9)]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", NoteFault.Base64, 9)]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n", NoteFault.Base64, 9)]
    [InlineData("origin\n1\n CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", NoteFault.Base64, 9)]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I= \n", NoteFault.Base64, 9)]
    [InlineData("origin\n1\nCsUYapGGPo4dkMgIAUqo    m/Xajj7h2fB2MPA3j2jxq2I=\n", NoteFault.Base64, 9)]
    [InlineData($"origin\n1\n{Root}\n\n", NoteFault.LineEmpty, 54)]
    [InlineData($"origin\n1\n{Root}\nmore\n\nmore\n", NoteFault.LineEmpty, 59)]
    [InlineData($"origin\n1\n{Root}\nmore", NoteFault.LineMissing, 54)]
    [InlineData($"origin\n1\n{Root}\nmo\u0001re\n", NoteFault.ControlCharacter, 54)]
    public void A_checkpoint_of_another_form_is_refused_with_reason_and_place(string text, NoteFault fault, int offset)
    {
        Assert.True(Checkpoint.TryParse(Encoding.UTF8.GetBytes($"origin\n1\n{Root}\n"), out _, out _));
        Assert.False(Checkpoint.TryParse(Encoding.UTF8.GetBytes(text), out var checkpoint, out NoteError error));
        Assert.Null(checkpoint);
        Assert.Equal(new NoteError(fault, offset), error);
    }

    [Theory]
    [InlineData("text\n", NoteFault.NoSignature)]
    [InlineData("text\n\n", NoteFault.NoSignature)]
    [InlineData("text\n— name AAAAAAA=\n", NoteFault.NoSignature)]
    [InlineData("text\n\n— name AAAAAAA=", NoteFault.LineMissing)]
    [InlineData("text\n\n- name AAAAAAA=\n", NoteFault.SignatureLine)]
    [InlineData("text\n\n—name AAAAAAA=\n", NoteFault.SignatureLine)]
    [InlineData("text\n\n— AAAAAAA=\n", NoteFault.SignatureLine)]
    [InlineData("text\n\n—  AAAAAAA=\n", NoteFault.KeyName)]
    [InlineData("text\n\n— na me AAAAAAA=\n", NoteFault.KeyName)]
    [InlineData("text\n\n— na\u2003me AAAAAAA=\n", NoteFault.KeyName)]
    [InlineData("text\n\n— na+me AAAAAAA=\n", NoteFault.KeyName)]
    [InlineData("text\n\n— name AAAAAA==\n", NoteFault.Base64)]
    [InlineData("text\n\n— name AAAAAAA\n", NoteFault.Base64)]
    [InlineData("text\n\n— name AAAAAAB=\n", NoteFault.Base64)]
    [InlineData("text\n\n— name \n", NoteFault.Base64)]
    [InlineData("text\n\n— name AAAAAAA=\n\n", NoteFault.NoSignature)]
    [InlineData("text\r\n\n— name AAAAAAA=\n", NoteFault.ControlCharacter)]
    public void A_note_of_another_form_is_refused_with_its_reason(string text, NoteFault fault)
    {
        Assert.True(SignedNote.TryParse("text\n\n— name AAAAAAA=\n"u8, out _, out _));
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out _, out NoteError error));
        Assert.Equal(fault, error.Fault);
        Assert.Throws<ArgumentException>(() => SignedNote.Of(Encoding.UTF8.GetBytes("no newline"), []));
    }

    [Fact]
    public void The_text_of_a_note_may_have_empty_lines_itself()
    {
        Assert.True(SignedNote.TryParse("a\n\nb\n\n— name AAAAAAA=\n— other AAAAAAA=\n"u8, out var note, out _));
        Assert.Equal("a\n\nb\n", Encoding.UTF8.GetString(note.Text.Span));
        Assert.Equal(["name", "other"], note.Signatures.Select(signature => signature.KeyName));
    }

    [Fact]
    public void Notes_have_limits()
    {
        byte[] signature = Encoding.UTF8.GetBytes("— name AAAAAAA=\n");
        byte[] Note(int signatures) =>
            [.. "text\n\n"u8, .. Enumerable.Repeat(signature, signatures).SelectMany(line => line)];
        Assert.True(SignedNote.TryParse(Note(SignedNote.SignaturesMax), out _, out _));
        Assert.False(SignedNote.TryParse(Note(SignedNote.SignaturesMax + 1), out _, out NoteError error));
        Assert.Equal(NoteFault.TooManySignatures, error.Fault);
        Assert.False(SignedNote.TryParse(new byte[SignedNote.BytesMax + 1], out _, out error));
        Assert.Equal(NoteFault.TooLong, error.Fault);
        Assert.False(SignedNote.TryParse([0xff, .. Note(1)], out _, out error));
        Assert.Equal(NoteFault.InvalidUtf8, error.Fault);

        byte[] Extended(int lines) => Encoding.UTF8.GetBytes(Body + string.Concat(Enumerable.Repeat("line\n", lines)));
        Assert.True(Checkpoint.TryParse(Extended(Checkpoint.ExtensionsMax), out _, out _));
        Assert.False(Checkpoint.TryParse(Extended(Checkpoint.ExtensionsMax + 1), out _, out error));
        Assert.Equal(NoteFault.TooManyExtensions, error.Fault);
        Assert.False(Checkpoint.TryParse(new byte[Checkpoint.BytesMax + 1], out _, out error));
        Assert.Equal(NoteFault.TooLong, error.Fault);
    }

    [Fact]
    public void A_checkpoint_that_is_not_lines_of_text_is_not_written()
    {
        Assert.Throws<InvalidOperationException>(() => new Checkpoint("", default, default).Encode());
        Assert.Throws<InvalidOperationException>(() => new Checkpoint("two\nlines", default, default).Encode());
        Checkpoint extended = new("one", default, default, ["two\nlines"]);
        Assert.Throws<InvalidOperationException>(() => extended.Encode());
    }

    [Fact]
    public void The_key_hash_is_that_of_the_specification()
    {
        // The well-known key of Go's checksum database, as its clients carry it: name+hash+base64(type, key).
        byte[] key = Convert.FromBase64String("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
        Assert.Equal(0x033de0aeu, SignedNote.KeyHashOf("sum.golang.org", key[0], key.AsSpan(1)));
        Assert.NotEqual(0x033de0aeu, SignedNote.KeyHashOf("sum.golang.org", 2, key.AsSpan(1)));
    }

    [Fact]
    public void A_log_proof_with_any_byte_changed_is_refused_or_says_something_else()
    {
        byte[] text = LogProof();
        Assert.True(TlogProof.TryParse(text, out TlogProof? sound, out _));
        Assert.True(sound.Verify(ReferenceTree.Entry(11)));
        int checkpoint = text.AsSpan().IndexOf("log.example"u8);
        for (int i = 0; i < text.Length; i++)
        {
            byte[] changed = [.. text];
            changed[i] ^= 1;
            if (!TlogProof.TryParse(changed, out TlogProof? proof, out _))
            {
                continue;
            }

            // Names, signatures, and the size where it does not change the path: nothing binds them but the signatures
            // themselves, which are not checked here.
            Assert.Equal(changed, proof.Encode());
            bool signed = i >= checkpoint && proof.Checkpoint.Root == sound.Checkpoint.Root;
            Assert.NotEqual(signed, !proof.Verify(ReferenceTree.Entry(11)));
        }
    }

    [Theory]
    [InlineData("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2", NoteFault.ProofHeader)]
    [InlineData("index 11\n", "index 011\n", NoteFault.IndexLine)]
    [InlineData("index 11\n", "index 21\n", NoteFault.IndexLine)]
    [InlineData("index 11\n", "index 20\n", NoteFault.PathLength)]
    [InlineData("index 11\n", "", NoteFault.IndexLine)]
    [InlineData("index 11\n", "extra \nindex 11\n", NoteFault.ExtraLine)]
    [InlineData("index 11\n", "extra AB==\nindex 11\n", NoteFault.ExtraLine)]
    [InlineData("index 11\n", "extra AA==\nextra AA==\nindex 11\n", NoteFault.IndexLine)]
    [InlineData("index 11\n", "index 11\n\n", NoteFault.Number)]
    [InlineData("\n21\n", "\n1\n", NoteFault.IndexLine)]
    [InlineData("\n21\n", "\n4096\n", NoteFault.PathLength)]
    [InlineData("\n\nlog", "\nAA==\n\nlog", NoteFault.HashLength)]
    [InlineData("\n\nlog", "\nlog", NoteFault.Base64)]
    public void A_log_proof_of_another_form_is_refused_with_its_reason(string old, string replacement, NoteFault fault)
    {
        string text = Encoding.UTF8.GetString(LogProof());
        Assert.True(TlogProof.TryParse(Encoding.UTF8.GetBytes(text), out _, out _));
        byte[] changed = Encoding.UTF8.GetBytes(text.Replace(old, replacement, StringComparison.Ordinal));
        Assert.False(TlogProof.TryParse(changed, out TlogProof? proof, out NoteError error));
        Assert.Null(proof);
        Assert.Equal(fault, error.Fault);
        Assert.InRange(error.Offset, 0, changed.Length);
    }

    [Fact]
    public void A_log_proof_over_another_size_than_its_checkpoint_is_not_made()
    {
        Assert.True(TlogProof.TryParse(LogProof(), out TlogProof? sound, out _));
        Assert.Throws<ArgumentException>(() => TlogProof.Of(sound.Proof with { Size = new TreeSize(22) }, sound.Note));
        Assert.Throws<ArgumentException>(() => TlogProof.Of(sound.Proof with { Path = [] }, sound.Note));
    }

    private static byte[] LogProof()
    {
        (LogFrontier frontier, MemoryTiles tiles) = ReferenceTree.Grow(21, 21);
        Assert.True(LogProofs.TryInclusion(tiles, new LogIndex(11), frontier.Size, out InclusionProof proof, out _));
        byte[] body = new Checkpoint("log.example/of-acts", frontier.Size, frontier.Root).Encode();
        SignedNote note = SignedNote.Of(body, [new NoteSignature("log.example/of-acts", 7, [1, 2, 3])]);
        return TlogProof.Of(proof, note).Encode();
    }
}
