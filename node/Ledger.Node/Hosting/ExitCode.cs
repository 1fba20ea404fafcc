using Ledger.Runtime.Loop;
using Ledger.Runtime.Ports;
using Ledger.Storage;

namespace Ledger.Node.Hosting;

/// <summary>From sysexits.h, so that a service manager can tell what happened, and whether starting again may help.</summary>
internal static class ExitCode
{
    /// <summary>It was asked to stop, and did.</summary>
    public const int Stopped = 0;

    public const int Usage = 64;

    /// <summary>Something that it needs is not on this machine.</summary>
    public const int Unavailable = 69;

    /// <summary>The store is damaged. Nothing was repaired; starting again does not help.</summary>
    public const int Damaged = 70;

    /// <summary>The disk failed, or is full.</summary>
    public const int Disk = 74;

    /// <summary>Another process has the store open.</summary>
    public const int InUse = 75;

    /// <summary>The node's folder is not as it should be.</summary>
    public const int Settings = 78;

    /// <summary>Null for what nobody but us can mend: that ends the process with everything it has to say.</summary>
    public static int? Of(Exception exception) => exception switch
    {
        StoreCorruptException => Damaged,
        StoreInUseException => InUse,
        StoreFormatException => Settings,
        RocksLibraryMissingException => Unavailable,
        NodeFolderException => Settings,
        SuccessionException => Settings,
        UnknownProtocolException => Settings,
        StoreFullException => Disk,
        IOException => Disk,
        NotSupportedException => Settings,
        _ => null,
    };
}
