using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ledger.Crypto.Tests;

/// <summary>An independent ML-DSA-65, @noble/post-quantum in Node.js, asked line by line.</summary>
public sealed class NobleProcess : IDisposable
{
    private readonly Process _node;

    public NobleProcess()
    {
        using Process setup = Process.Start(CheckoutPath.Of("tests", "setup.sh"), ["npm"]);
        setup.WaitForExit();
        if (setup.ExitCode != 0)
        {
            throw new InvalidOperationException("tests/setup.sh npm failed; its output says why.");
        }

        ProcessStartInfo start = new("node")
        {
            ArgumentList = { CheckoutPath.Of("tests", "interop", "crypto", "mldsa65.mjs") },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _node = Process.Start(start)!;
    }

    public (byte[] PublicKey, byte[] SecretKey) Generate(byte[] seed)
    {
        JsonElement answer = Ask(new JsonObject { ["operation"] = "generate", ["seed"] = Hex(seed) });
        return (Bytes(answer, "publicKey"), Bytes(answer, "secretKey"));
    }

    public byte[] Sign(byte[] secretKey, byte[] message, byte[] context, byte[] randomizer) => Bytes(
        Ask(new JsonObject
        {
            ["operation"] = "sign",
            ["secretKey"] = Hex(secretKey),
            ["message"] = Hex(message),
            ["context"] = Hex(context),
            ["randomizer"] = Hex(randomizer),
        }),
        "signature");

    public bool Verify(byte[] publicKey, byte[] message, byte[] context, byte[] signature) =>
        Ask(new JsonObject
        {
            ["operation"] = "verify",
            ["publicKey"] = Hex(publicKey),
            ["message"] = Hex(message),
            ["context"] = Hex(context),
            ["signature"] = Hex(signature),
        }).GetProperty("valid").GetBoolean();

    public string Accumulate(int count) =>
        Ask(new JsonObject { ["operation"] = "accumulate", ["count"] = count }).GetProperty("hash").GetString()!;

    public void Dispose()
    {
        _node.StandardInput.Close();
        if (!_node.WaitForExit(5_000))
        {
            _node.Kill();
        }

        _node.Dispose();
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Bytes(JsonElement element, string name) =>
        Convert.FromHexString(element.GetProperty(name).GetString()!);

    private JsonElement Ask(JsonObject request)
    {
        _node.StandardInput.WriteLine(request.ToJsonString());
        _node.StandardInput.Flush();
        string answer = _node.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("Node ended before it answered; its error output says why.");
        return JsonDocument.Parse(answer).RootElement.Clone();
    }
}
