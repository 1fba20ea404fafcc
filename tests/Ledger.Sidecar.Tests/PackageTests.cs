using System.Diagnostics;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Sidecar.Tests.TestKit;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.Sidecar.Tests;

/// <summary>
/// The SDK as others have it: packed, restored from a folder of packages, used by a project of their own.
/// </summary>
[Trait("Tier", "process")]
public sealed class PackageTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>Ledger.Client and what it stands on.</summary>
    private static readonly string[] Packages =
    [
        "consensus/Ledger.Core", "consensus/Ledger.Crypto", "consensus/Ledger.Records", "anchor/Ledger.Proofs",
        "node/Ledger.Client",
    ];

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <NuGetAudit>false</NuGetAudit>
            <RestorePackagesPath>../cache</RestorePackagesPath>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Ledger.Client" Version="0.1.0" />
          </ItemGroup>
        </Project>
        """;

    private const string Sources = """
        <configuration>
          <packageSources>
            <clear />
            <add key="folder" value="../packages" />
          </packageSources>
        </configuration>
        """;

    private readonly TempFolder _folder = new();

    private string Consumer => _folder.Of("consumer");

    private string Chain => Path.Combine(Consumer, "claims.oar");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_project_outside_the_solution_restores_the_packages_and_runs_the_sample()
    {
        foreach (string package in Packages)
        {
            await RunAsync(
                Checkout.Root, "pack", package, "--no-build", "--configuration", Configuration(), "--nologo",
                "--output", _folder.Of("packages"), "-nodeReuse:false");
        }

        Assert.Equal(Packages.Length, Directory.GetFiles(_folder.Of("packages"), "*.nupkg").Length);
        Directory.CreateDirectory(Consumer);
        await File.WriteAllTextAsync(Path.Combine(Consumer, "Consumer.csproj"), Project);
        await File.WriteAllTextAsync(Path.Combine(Consumer, "NuGet.config"), Sources);
        File.Copy(Checkout.PathOf("node", "samples", "guarded.cs"), Path.Combine(Consumer, "Program.cs"));
        await RunAsync(
            Consumer, "build", "--configuration", "Release", "--nologo", "-nodeReuse:false", "--output", "out");

        await using ModelEndpoint model = new(() => new FileInfo(Chain).Length);
        string first = await RunAsync(model, Consumer, Path.Combine("out", "Consumer.dll"));
        Assert.Contains("Water damage is covered.", first);

        // Again: the key and the chain are there, and the state of the model is the attested one.
        await RunAsync(model, Consumer, Path.Combine("out", "Consumer.dll"));
        AssertSound(model.Arrivals);
    }

    private void AssertSound(Arrival[] arrivals)
    {
        Assert.Equal(2, arrivals.Length);
        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(File.ReadAllBytes(Chain)).Verdict);
        Record[] records = Samples.Read(Chain);
        foreach (Arrival arrival in arrivals)
        {
            int at = Array.FindIndex(records, record => record.Id.ToString() == arrival.Intent);
            Assert.Equal(RecordKind.Intent, records[at].Kind);
            Assert.True(records.Take(at + 1).Sum(record => (long)record.Bytes.Length) <= arrival.DurableBytes);
        }
    }

    private static string Configuration() =>
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    private static Task<string> RunAsync(string folder, params string[] arguments) =>
        RunAsync(null, folder, arguments);

    private static async Task<string> RunAsync(ModelEndpoint? model, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        if (model is not null)
        {
            start.Environment["LEDGER_MODEL"] = model.Address.GetLeftPart(UriPartial.Authority);
        }

        using Process process = Process.Start(start)!;
        using CancellationTokenSource patience = new(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            string text = await output + await errors;
            Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}:\n{text}");
            return text;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
