using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Processes;

/// <summary>The node's program in a process of its own.</summary>
internal sealed partial class NodeProgram : IDisposable
{
    public const int Terminate = 15;
    public const int Kill = 9;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NodeProgram(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        start.Environment["LEDGER_LOCAL"] = Checkout.Local;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith("ready ", StringComparison.Ordinal) == true)
            {
                _ready.TrySetResult(new Uri(line.Data["ready ".Length..]));
            }
        };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>As it was built, beside these tests.</summary>
    public static string Path { get; } = Named("Ledger.Node", "Ledger.Node");

    /// <summary>The test assembly as a program, see <see cref="Setting.NodeWithoutSync"/>.</summary>
    public static string TestPath { get; } = Named("Ledger.Node.Tests", "Ledger.Node.Tests");

    public int Id => _process.Id;

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public bool IsReady => _ready.Task.IsCompletedSuccessfully;

    public static NodeProgram Start(params string[] arguments) => new(new ProcessStartInfo(Path, arguments));

    /// <summary>Through another program that becomes it or watches it: a shell, a tracer.</summary>
    public static NodeProgram StartThrough(string program, IEnumerable<string> arguments) =>
        new(new ProcessStartInfo(program, arguments));

    public static NodeProgram StartOn(NewestSystem system, params string[] arguments) =>
        new(system.Start(Path + ".dll", arguments));

    /// <summary>The address it answers at.</summary>
    public async Task<Uri> ReadyAsync()
    {
        Task ended = _process.WaitForExitAsync();
        await Task.WhenAny(_ready.Task, ended).WaitAsync(Patience);
        Assert.True(_ready.Task.IsCompleted, $"The node ended with {(_process.HasExited ? _process.ExitCode : -1)}: {Errors}");
        return await _ready.Task;
    }

    public async Task<int> EndAsync()
    {
        using CancellationTokenSource patience = new(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public void Signal(int signal) => Signal(Id, signal);

    public static void Signal(int process, int signal) => Assert.Equal(0, Kill2(process, signal));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill2(int process, int signal);

    /// <summary>…/bin/PROJECT/CONFIGURATION/NAME, of the same configuration as the tests.</summary>
    private static string Named(string project, string name)
    {
        DirectoryInfo own = new(AppContext.BaseDirectory.TrimEnd('/'));
        return System.IO.Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, name);
    }
}
