using System.Runtime.InteropServices;
using Ledger.Storage.Interop;

namespace Ledger.Storage;

/// <summary>Moves an iterator and copies what it stands on. Separate, since an iterator method cannot hold pointers.</summary>
internal static unsafe class Cursor
{
    internal static bool TryRead(
        CursorHandle cursor, bool first, bool reverse, string folder, out KeyValuePair<byte[], byte[]> entry)
    {
        entry = default;
        bool held = false;
        cursor.DangerousAddRef(ref held);
        try
        {
            Move(cursor, first, reverse);
            nint iterator = cursor.DangerousGetHandle();
            if (RocksApi.IteratorValid(iterator) == 0)
            {
                // The end and a damaged block look alike until asked.
                RocksApi.IteratorError(iterator, out nint error);
                RocksError.ThrowIfAny(error, folder);
                return false;
            }

            byte* key = RocksApi.IteratorKey(iterator, out nuint keyLength);
            byte* value = RocksApi.IteratorValue(iterator, out nuint valueLength);
            entry = new(
                new ReadOnlySpan<byte>(key, checked((int)keyLength)).ToArray(),
                new ReadOnlySpan<byte>(value, checked((int)valueLength)).ToArray());
            return true;
        }
        finally
        {
            cursor.DangerousRelease();
        }
    }

    private static void Move(CursorHandle cursor, bool first, bool reverse)
    {
        switch (first, reverse)
        {
            case (true, false): RocksApi.IteratorSeekFirst(cursor); break;
            case (true, true): RocksApi.IteratorSeekLast(cursor); break;
            case (false, false): RocksApi.IteratorNext(cursor); break;
            case (false, true): RocksApi.IteratorPrevious(cursor); break;
        }
    }
}

/// <summary>
/// The open cursors of a store, so that closing it closes them: RocksDB may not close under an iterator. Weak, so
/// that one which its reader forgot is freed by the collector.
/// </summary>
internal sealed class LiveCursors
{
    private const int SweepEvery = 256;

    private readonly Lock _gate = new();
    private List<WeakReference<CursorHandle>> _cursors = [];
    private int _sweepAt = SweepEvery;

    internal CursorHandle Add(CursorHandle cursor)
    {
        lock (_gate)
        {
            if (_cursors.Count >= _sweepAt)
            {
                _cursors = [.. _cursors.Where(weak => weak.TryGetTarget(out CursorHandle? live) && !live.IsClosed)];
                _sweepAt = (_cursors.Count * 2) + SweepEvery;
            }

            _cursors.Add(new WeakReference<CursorHandle>(cursor));
        }

        return cursor;
    }

    internal void CloseAll()
    {
        lock (_gate)
        {
            foreach (WeakReference<CursorHandle> weak in _cursors)
            {
                if (weak.TryGetTarget(out CursorHandle? cursor))
                {
                    cursor.Dispose();
                }
            }

            _cursors.Clear();
        }
    }
}
