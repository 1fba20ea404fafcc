namespace Ledger.Proofs.Tests.Spv;

/// <summary>
/// Bytes of Bitcoin's main chain, known to everyone. The tests take nothing on trust: each header hashes to the block
/// hash that the whole world uses, and each transaction to an id under that header's root.
/// </summary>
internal static class MainnetBlocks
{
    public const string GenesisHash = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";

    /// <summary>The first three headers, one after the other.</summary>
    public static byte[] FirstThreeHeaders { get; } = Convert.FromHexString(
        "01000000" + "0000000000000000000000000000000000000000000000000000000000000000"
        + "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a" + "29ab5f49" + "ffff001d" + "1dac2b7c"
        + "01000000" + "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000"
        + "982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e" + "61bc6649" + "ffff001d" + "01e36299"
        + "01000000" + "4860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000"
        + "d5fdcc541e25de1c7a5addedf24858b8bb665c9f36ef744ee42c316022c90f9b" + "b0bc6649" + "ffff001d" + "08d2bd61");

    public const string Block100000Hash = "000000000003ba27aa200b1cecaad478d2b00432346c3f1f3986da1afd33e506";

    public static byte[] Block100000Header { get; } = Convert.FromHexString(
        "0100000050120119172a610421a6c3011dd330d9df07b63616c2cc1f1cd00200000000006657a9252aacd5c0b2940996ecff9522"
        + "28c3067cc38d4885efb5a4ac4247e9f337221b4d4c86041b0f2b5710");

    /// <summary>All four transactions of block 100,000; none has a witness, which came six years later.</summary>
    public static byte[][] Block100000Transactions { get; } =
    [
        Convert.FromHexString(
            "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff08044c86041b020602ff"
            + "ffffff0100f2052a010000004341041b0e8c2567c12536aa13357b79a073dc4444acb83c4ec7a0e2f99dd7457516c5817242"
            + "da796924ca4e99947d087fedf9ce467cb9f7c6287078f801df276fdf84ac00000000"),
        Convert.FromHexString(
            "0100000001032e38e9c0a84c6046d687d10556dcacc41d275ec55fc00779ac88fdf357a187000000008c493046022100c352"
            + "d3dd993a981beba4a63ad15c209275ca9470abfcd57da93b58e4eb5dce82022100840792bc1f456062819f15d33ee7055cf7"
            + "b5ee1af1ebcc6028d9cdb1c3af7748014104f46db5e9d61a9dc27b8d64ad23e7383a4e6ca164593c2527c038c0857eb67ee8"
            + "e825dca65046b82c9331586c82e0fd1f633f25f87c161bc6f8a630121df2b3d3ffffffff0200e32321000000001976a914c3"
            + "98efa9c392ba6013c5e04ee729755ef7f58b3288ac000fe208010000001976a914948c765a6914d43f2a7ac177da2c2f6b52"
            + "de3d7c88ac00000000"),
        Convert.FromHexString(
            "0100000001c33ebff2a709f13d9f9a7569ab16a32786af7d7e2de09265e41c61d078294ecf010000008a4730440220032d30"
            + "df5ee6f57fa46cddb5eb8d0d9fe8de6b342d27942ae90a3231e0ba333e02203deee8060fdc70230a7f5b4ad7d7bc3e628cbe"
            + "219a886b84269eaeb81e26b4fe014104ae31c31bf91278d99b8377a35bbce5b27d9fff15456839e919453fc7b3f721f0ba40"
            + "3ff96c9deeb680e5fd341c0fc3a7b90da4631ee39560639db462e9cb850fffffffff0240420f00000000001976a914b0dcbf"
            + "97eabf4404e31d952477ce822dadbe7e1088acc060d211000000001976a9146b1281eec25ab4e1e0793ff4e08ab1abb3409c"
            + "d988ac00000000"),
        Convert.FromHexString(
            "01000000010b6072b386d4a773235237f64c1126ac3b240c84b917a3909ba1c43ded5f51f4000000008c493046022100bb1a"
            + "d26df930a51cce110cf44f7a48c3c561fd977500b1ae5d6b6fd13d0b3f4a022100c5b42951acedff14abba2736fd574bdb46"
            + "5f3e6f8da12e2c5303954aca7f78f3014104a7135bfe824c97ecc01ec7d7e336185c81e2aa2c41ab175407c09484ce9694b4"
            + "4953fcb751206564a9c24dd094d42fdbfdd5aad3e063ce6af4cfaaea4ea14fbbffffffff0140420f00000000001976a91439"
            + "aa3d569e06a1d7926dc4be1193c99bf2eb9ee088ac00000000"),
    ];

    public static string[] Block100000TransactionIds { get; } =
    [
        "8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87",
        "fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4",
        "6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4",
        "e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d",
    ];

    public const string Block800000Hash = "00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054";

    /// <summary>July 2023, difficulty 5.4 · 10^13: above the floor.</summary>
    public static byte[] Block800000Header { get; } = Convert.FromHexString(
        "00601d3455bb9fbd966b3ea2dc42d0c22722e4c0c1729fad17210100000000000000000055087fab0c8f3f89f8bcfd4df26c504d"
        + "81b0a88e04907161838c0c53001af09135edbd64943805175e955e06");
}
