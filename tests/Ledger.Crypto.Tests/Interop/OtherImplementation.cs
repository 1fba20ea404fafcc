using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ledger.Crypto.Tests.Interop;

/// <summary>An ML-DSA-65 that shares nothing with ours, in a process of its own, asked line by line.</summary>
internal sealed class OtherImplementation : IDisposable
{
    private readonly Process _process;

    public OtherImplementation(string program, string script)
    {
        ProcessStartInfo start = new(program)
        {
            ArgumentList = { script },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
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
        _process.StandardInput.Close();
        if (!_process.WaitForExit(30_000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Bytes(JsonElement element, string name) =>
        Convert.FromHexString(element.GetProperty(name).GetString()!);

    private JsonElement Ask(JsonObject request)
    {
        _process.StandardInput.WriteLine(request.ToJsonString());
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("The other implementation ended before it answered; its error output says why.");
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.Clone();
    }
}
