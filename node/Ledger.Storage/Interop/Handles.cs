using System.Runtime.InteropServices;
using System.Text;

namespace Ledger.Storage.Interop;

/// <summary>
/// An open database with everything that must outlive it: its columns, options and cache. Each call and each cursor
/// holds a reference, so the database closes when the last of them has ended, never under them.
/// </summary>
internal sealed unsafe class DatabaseHandle : SafeHandle
{
    private readonly RocksSettings _settings;
    private readonly nint[] _columns;
    private readonly ManualResetEventSlim _closed = new();

    private readonly IReadOnlyList<string> _names;

    private DatabaseHandle(nint database, IReadOnlyList<string> names, nint[] columns, RocksSettings settings)
        : base(0, ownsHandle: true)
    {
        _names = names;
        _columns = columns;
        _settings = settings;
        SetHandle(database);
    }

    public override bool IsInvalid => handle == 0;

    internal nint Cache => _settings.Cache;

    internal nint ReadOptions => _settings.ReadOptions;

    internal nint WriteOptions => _settings.WriteOptions;

    /// <summary>Waits for the calls that were in progress when the handle was disposed.</summary>
    internal void WaitUntilClosed() => _closed.Wait();

    internal nint Column(int index) => _columns[index];

    /// <summary>The column of that name, or null where it was opened without.</summary>
    internal nint? Find(string name)
    {
        int index = _names.ToList().IndexOf(name);
        return index < 0 ? null : _columns[index];
    }

    /// <summary>Opens with the given columns, default first; takes over <paramref name="settings"/> in any case.</summary>
    internal static DatabaseHandle Open(
        string path, IReadOnlyList<string> names, IReadOnlyList<nint> columnOptions, RocksSettings settings,
        bool readOnly, string folder)
    {
        int count = names.Count;
        nint[] texts = [.. names.Select(name => Marshal.StringToCoTaskMemUTF8(name))];
        nint[] options = [.. columnOptions];
        nint[] columns = new nint[count];
        nint database;
        nint error;
        fixed (nint* text = texts, option = options, column = columns)
        {
            database = readOnly
                ? RocksApi.OpenReadOnly(settings.Database, path, count, text, option, column, 0, out error)
                : RocksApi.Open(settings.Database, path, count, text, option, column, out error);
        }

        Array.ForEach(texts, Marshal.FreeCoTaskMem);
        if (error != 0)
        {
            settings.Dispose();
            RocksError.ThrowIfAny(error, folder);
        }

        return new DatabaseHandle(database, names, columns, settings);
    }

    protected override bool ReleaseHandle()
    {
        // Waiting here keeps RocksDB's own threads from touching the columns while they are destroyed.
        RocksApi.CancelBackgroundWork(handle, 1);
        foreach (nint column in _columns)
        {
            RocksApi.ColumnDestroy(column);
        }

        RocksApi.Close(handle);
        _settings.Dispose();
        _closed.Set();
        return true;
    }
}

/// <summary>One iterator with its read options and bounds. Holds the database open while it lives.</summary>
internal sealed unsafe class CursorHandle : SafeHandle
{
    private readonly DatabaseHandle _database;
    private readonly byte* _bounds;
    private readonly nint _options;

    internal CursorHandle(DatabaseHandle database, nint column, ReadOnlySpan<byte> from, byte[]? to, bool fillCache)
        : base(0, ownsHandle: true)
    {
        bool added = false;
        database.DangerousAddRef(ref added);
        _database = database;
        _options = RocksApi.ReadOptionsCreate();
        RocksApi.ReadOptionsSetVerify(_options, 1);
        RocksApi.ReadOptionsSetFillCache(_options, fillCache ? (byte)1 : (byte)0);

        // RocksDB keeps pointers to the bounds, not copies.
        int upper = to?.Length ?? 0;
        _bounds = (byte*)NativeMemory.Alloc((nuint)(from.Length + upper + 1));
        from.CopyTo(new Span<byte>(_bounds, from.Length));
        RocksApi.ReadOptionsSetLower(_options, _bounds, (nuint)from.Length);
        if (to is not null)
        {
            to.CopyTo(new Span<byte>(_bounds + from.Length, upper));
            RocksApi.ReadOptionsSetUpper(_options, _bounds + from.Length, (nuint)upper);
        }

        SetHandle(RocksApi.IteratorCreate(database, _options, column));
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        RocksApi.IteratorDestroy(handle);
        RocksApi.ReadOptionsDestroy(_options);
        NativeMemory.Free(_bounds);
        _database.DangerousRelease();
        return true;
    }
}
