namespace Ledger.Crypto.Tests;

/// <summary>Finds files of the checkout from wherever the tests were built to.</summary>
internal static class CheckoutPath
{
    public static string Root { get; } = Find();

    public static string Of(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ledger.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests run inside a checkout; Ledger.sln is nowhere above them.");
    }
}
