using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.TestKit;

namespace Ledger.Crypto.Tests;

/// <summary>
/// Key files as <c>consensus/README.md</c> specifies them, pinned, and opened by a second implementation. With
/// LEDGER_WRITE_VECTORS=1 they are written anew.
/// </summary>
public sealed class KeyFileVectorTests
{
    private const string Passphrase = "correct horse – Batterie 🐎";
    private static readonly string Folder = Path.Combine(Checkout.Vectors, "keys");
    private static readonly string Script = Path.Combine(Checkout.Vectors, "check-keys.mjs");
    private static readonly byte[] Seed = Pattern.Bytes("key file vector seed", 32);

    [Fact]
    public void The_files_are_those_that_were_published()
    {
        foreach ((string name, byte[] bytes) in Files())
        {
            string path = Path.Combine(Folder, name);
            if (Environment.GetEnvironmentVariable("LEDGER_WRITE_VECTORS") == "1")
            {
                File.WriteAllBytes(path, bytes);
            }

            Assert.Equal(Encoding.UTF8.GetString(bytes), File.ReadAllText(path));
        }

        byte[] encrypted = File.ReadAllBytes(Path.Combine(Folder, "encrypted.key"));
        using KeyFileResult opened = KeyFile.TryDecode(encrypted, Passphrase);
        Assert.Equal(Seed, opened.Seed.ToArray());
    }

    [FactThatNeeds("npm")]
    [Trait("Tier", "process")]
    public void A_script_in_JavaScript_opens_them()
    {
        (int code, string said) = RunScript(Folder);
        Assert.True(code == 0, said);
        Assert.Equal(
            "2 key files opened, with kid, words and COSE_Key, and each seed makes its public key", said.Trim());
        Counts.Add("key-files", said.Trim());
    }

    /// <summary>Each part that the format binds, changed in a copy: the second implementation says which.</summary>
    [FactThatNeeds("npm")]
    [Trait("Tier", "process")]
    public void The_script_refuses_what_is_not_so()
    {
        (string File, string From, string To, string Reason)[] changes =
        [
            ("encrypted.key", "\"iterations\": 600000", "\"iterations\": 600001", "the check does not fit"),
            ("encrypted.key", "\"version\": 1", "\"version\": 2", "not a key file of version 1"),
            ("encrypted.key", "AES-256-GCM", "AES-128-GCM", "an unknown cipher"),
            ("open.key", "\"kid\": \"", "\"kid\": \"0", "kid is not the hash"),
            ("keys.json", "correct horse", "wrong horse", "the passphrase does not open the file"),
        ];
        string folder = Directory.CreateTempSubdirectory("ledger-keys-").FullName;
        try
        {
            foreach (string path in Directory.EnumerateFiles(Folder))
            {
                File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
            }

            Assert.Equal(0, RunScript(folder).Code);
            foreach ((string file, string from, string to, string reason) in changes)
            {
                string path = Path.Combine(folder, file);
                string text = File.ReadAllText(path);
                string changed = text.Replace(from, to, StringComparison.Ordinal);
                Assert.NotEqual(text, changed);
                File.WriteAllText(path, changed);
                (int code, string said) = RunScript(folder);
                Assert.Equal(1, code);
                Assert.Contains(reason, said, StringComparison.Ordinal);
                File.WriteAllText(path, text);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Files()
    {
        byte[] salt = Pattern.Bytes("key file vector salt", KeyFile.SaltBytes);
        byte[] nonce = Pattern.Bytes("key file vector nonce", KeyFile.NonceBytes);
        yield return ("encrypted.key", KeyFile.Encode(Seed, Passphrase, salt, nonce, KeyFile.DefaultIterations));
        yield return ("open.key", KeyFile.Encode(Seed, "", salt, nonce, KeyFile.DefaultIterations));
        using SigningKey key = SigningKey.FromSeed(Seed);
        JsonArray files = [Expected("encrypted.key", Passphrase, key), Expected("open.key", "", key)];
        JsonSerializerOptions options = new()
        {
            WriteIndented = true,
            NewLine = "\n",
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        string index = new JsonObject { ["files"] = files }.ToJsonString(options) + "\n";
        yield return ("keys.json", Encoding.UTF8.GetBytes(index));
    }

    private static JsonObject Expected(string file, string passphrase, SigningKey key) => new()
    {
        ["file"] = file,
        ["passphrase"] = passphrase,
        ["seed"] = Convert.ToHexStringLower(Seed),
        ["kid"] = key.Id.ToString(),
        ["words"] = FingerprintWords.Of(key.Id),
        ["coseKeySha256"] = Convert.ToHexStringLower(SHA256.HashData(CoseKey.Encode(key.PublicKey.Span))),
    };

    private static (int Code, string Said) RunScript(string folder)
    {
        using Process node = Process.Start(new ProcessStartInfo(Needs.Get("npm"), [Script, folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = node.StandardError.ReadToEndAsync();
        string output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        return (node.ExitCode, output + errors.Result);
    }
}
