using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Ledger.Client.Tests.TestKit;
using Ledger.Client.Vaults;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.TestKit;

namespace Ledger.Client.Tests;

/// <summary>
/// The vault of <c>tests/vectors/vault</c>: its bytes stay readable for ever. Made anew with LEDGER_WRITE_VECTORS=1.
/// </summary>
public sealed class VaultVectorTests
{
    private const string Passphrase = "a passphrase for readers";

    private static readonly string Folder = Checkout.PathOf("tests", "vectors", "vault");

    [Fact]
    public async Task The_vault_of_the_vectors_opens_by_key_and_by_passphrase()
    {
        using SigningKey key = Keys.Of("vault vector");
        StreamId stream = new(key.Id.Value);
        if (Environment.GetEnvironmentVariable("LEDGER_WRITE_VECTORS") == "1")
        {
            await WriteAsync(key, stream);
        }

        string chain = Path.Combine(Folder, "sample.oar");
        Vault byKey = Vault.Beside(chain, stream, key);
        Vault byPassphrase = Vault.Beside(chain, stream, Passphrase);
        byte[] json = await File.ReadAllBytesAsync(Path.Combine(Folder, "vault.json"));
        using JsonDocument expected = JsonDocument.Parse(json);
        Assert.Equal(Passphrase, expected.RootElement.GetProperty("passphrase").GetString());
        foreach (JsonElement content in expected.RootElement.GetProperty("contents").EnumerateArray())
        {
            Digest name = Digest.ParseHex(content.GetProperty("name").GetString()!);
            foreach (Vault vault in new[] { byKey, byPassphrase })
            {
                Assert.True(vault.TryOpen(name, out byte[] salt, out byte[] opened));
                Assert.Equal(content.GetProperty("salt").GetString(), Convert.ToHexStringLower(salt));
                Assert.Equal(content.GetProperty("sha256").GetString(), Digest.Of(opened).ToString());
            }
        }

        Assert.Equal(
            expected.RootElement.GetProperty("pseudonym").GetProperty("text").GetString(),
            byKey.Reveal(expected.RootElement.GetProperty("pseudonym").GetProperty("name").GetString()!));
        Digest erased = Digest.ParseHex(expected.RootElement.GetProperty("erased").GetString()!);
        Assert.Equal(VaultFinding.Missing, byKey.Check(erased, out _));
    }

    [FactThatNeeds("npm")]
    [Trait("Tier", "process")]
    public void JavaScript_opens_the_same_vault_from_the_specification()
    {
        string script = Checkout.PathOf("tests", "vectors", "check-vault.mjs");
        using Process process = Process.Start(new ProcessStartInfo(Needs.Get("npm"), [script])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        string said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
    }

    private static async Task WriteAsync(SigningKey key, StreamId stream)
    {
        Directory.CreateDirectory(Folder);
        string folder = Path.Combine(Folder, "sample.vault");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Vault vault = Vault.Beside(Path.Combine(Folder, "sample.oar"), stream, key);
        byte[] large = [.. Enumerable.Range(0, 70_000).Select(i => (byte)(i % 251))];
        List<object> contents = [];
        foreach (byte[] content in new[] { "a content"u8.ToArray(), [], large })
        {
            Digest name = (await vault.CommitAsync(content)).Hash;
            Assert.True(vault.TryOpen(name, out byte[] salt, out _));
            contents.Add(new
            {
                name = name.ToString(), salt = Convert.ToHexStringLower(salt), sha256 = Digest.Of(content).ToString(),
            });
        }

        Digest part = await vault.CommitPartAsync(ModelPart.Prompt, "a prompt"u8.ToArray());
        Digest erased = (await vault.CommitAsync("to be erased"u8.ToArray())).Hash;
        vault.Destroy(new HashSet<Digest> { erased });
        string pseudonym = await vault.PseudonymAsync("Anna Beispiel");
        vault.Grant(VaultUnlock.With(Passphrase), rounds: 1_000);
        File.Delete(Path.Combine(folder, "keys.lock"));
        string json = JsonSerializer.Serialize(
            new
            {
                stream = stream.ToString(), passphrase = Passphrase, contents,
                part = new { word = "prompt", content = "a prompt", name = part.ToString() },
                pseudonym = new { name = pseudonym, text = "Anna Beispiel" }, erased = erased.ToString(),
            },
            new JsonSerializerOptions { WriteIndented = true });
        await File.WriteAllTextAsync(Path.Combine(Folder, "vault.json"), json + "\n", new UTF8Encoding(false));
    }
}
