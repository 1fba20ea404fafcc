using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Client.Vaults;

/// <summary>One way to the data key.</summary>
/// <param name="Kid">The signing key that opens it; null for a passphrase.</param>
/// <param name="Salt">32 bytes; empty beside a kid.</param>
/// <param name="Rounds">Of PBKDF2; 0 beside a kid.</param>
/// <param name="Sealed">Nonce, data key encrypted, tag: 60 bytes.</param>
internal sealed record VaultSlot(KeyId? Kid, byte[] Salt, int Rounds, byte[] Sealed);

/// <summary>
/// The file <c>key</c> of a vault: the stream's data key, sealed with AES-256-GCM once for each who may open it.
/// </summary>
internal sealed record VaultKeyFile(StreamId Stream, ImmutableArray<VaultSlot> Slots)
{
    public const int DataKeyBytes = 32;
    public const int SlotsMax = 16;
    public const int BytesMax = 4_096;
    public const int SaltBytes = 32;
    public const int RoundsMin = 1_000;
    public const int RoundsMax = 10_000_000;

    /// <summary>About half a second on a small machine.</summary>
    public const int RoundsDefault = 600_000;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int SealedBytes = NonceBytes + DataKeyBytes + TagBytes;

    /// <summary>This file with one more slot, for the same data key.</summary>
    public VaultKeyFile With(VaultUnlock unlock, ReadOnlySpan<byte> dataKey, int rounds = RoundsDefault)
    {
        bool byKey = unlock.Kid is not null;
        byte[] salt = byKey ? [] : RandomNumberGenerator.GetBytes(SaltBytes);
        VaultSlot slot = new(unlock.Kid, salt, byKey ? 0 : rounds, new byte[SealedBytes]);
        Span<byte> output = slot.Sealed;
        RandomNumberGenerator.Fill(output[..NonceBytes]);
        using AesGcm cipher = new(unlock.SealingKey(salt, slot.Rounds), TagBytes);
        cipher.Encrypt(
            output[..NonceBytes], dataKey, output.Slice(NonceBytes, DataKeyBytes), output[^TagBytes..], Bound(slot));
        return this with { Slots = Slots.Add(slot) };
    }

    /// <summary>The data key, if one of the slots opens.</summary>
    public bool TryOpen(VaultUnlock unlock, [NotNullWhen(true)] out byte[]? dataKey)
    {
        foreach (VaultSlot slot in Slots)
        {
            if (slot.Kid != unlock.Kid)
            {
                continue;
            }

            byte[] opened = GC.AllocateArray<byte>(DataKeyBytes, pinned: true);
            ReadOnlySpan<byte> input = slot.Sealed;
            try
            {
                using AesGcm cipher = new(unlock.SealingKey(slot.Salt, slot.Rounds), TagBytes);
                cipher.Decrypt(
                    input[..NonceBytes],
                    input.Slice(NonceBytes, DataKeyBytes),
                    input[^TagBytes..],
                    opened,
                    Bound(slot));
                dataKey = opened;
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Another passphrase's slot, or one that was damaged: the next may open.
            }
        }

        dataKey = null;
        return false;
    }

    public byte[] Encode()
    {
        CborWriter writer = new(BytesMax);
        writer.Map(4).Text("v"u8).Unsigned(1).Text("type"u8).Text("vault-key"u8).Text("slots"u8).Array(Slots.Length);
        foreach (VaultSlot slot in Slots)
        {
            if (slot.Kid is { } kid)
            {
                writer.Map(2).Text("kid"u8).Bytes(kid.Value).Text("sealed"u8).Bytes(slot.Sealed);
            }
            else
            {
                writer.Map(3).Text("salt"u8).Bytes(slot.Salt)
                    .Text("rounds"u8).Unsigned((ulong)slot.Rounds)
                    .Text("sealed"u8).Bytes(slot.Sealed);
            }
        }

        return writer.Text("stream"u8).Bytes(Stream.Value).ToArray();
    }

    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out VaultKeyFile? file, out CborError error)
    {
        CborReader reader = new(bytes);
        ImmutableArray<VaultSlot>.Builder slots = ImmutableArray.CreateBuilder<VaultSlot>();
        Digest stream = default;
        bool read = (bytes.Length <= BytesMax || reader.Fail(CborFault.WrongLength, 0))
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadKey(ref map, "type"u8)
            && reader.TryReadText("vault-key"u8)
            && reader.TryReadArrayMember(ref map, "slots"u8, SlotsMax, out int count)
            && (count > 0 || reader.Fail(CborFault.WrongCount, reader.Position))
            && TryReadSlots(ref reader, count, slots)
            && reader.TryReadMember(ref map, "stream"u8, out stream)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        file = read ? new VaultKeyFile(new StreamId(stream), slots.ToImmutable()) : null;
        return read;
    }

    private static bool TryReadSlots(ref CborReader reader, int count, ImmutableArray<VaultSlot>.Builder slots)
    {
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadMap(out CborMapScope map))
            {
                return false;
            }

            KeyId? kid = null;
            byte[] salt = [];
            ulong rounds = 0;
            if (reader.TryReadOptionalKey(ref map, "kid"u8))
            {
                if (!reader.TryReadDigest(out Digest id))
                {
                    return false;
                }

                kid = new KeyId(id);
            }
            else if (!reader.TryReadMember(ref map, "salt"u8, SaltBytes, SaltBytes, out salt)
                || !reader.TryReadMember(ref map, "rounds"u8, out rounds)
                || (rounds is < RoundsMin or > RoundsMax && !reader.Fail(CborFault.WrongValue, reader.Position)))
            {
                return false;
            }

            if (!reader.TryReadMember(ref map, "sealed"u8, SealedBytes, SealedBytes, out byte[] sealedKey)
                || !reader.EndMap(map))
            {
                return false;
            }

            slots.Add(new VaultSlot(kid, salt, (int)rounds, sealedKey));
        }

        return reader.EndArray();
    }

    /// <summary>A slot opens in the vault of its own stream alone, and by the means that it names.</summary>
    private byte[] Bound(VaultSlot slot)
    {
        CborWriter writer = new();
        writer.Array(4).Text("ledger/vault/key/1"u8).Bytes(Stream.Value);
        _ = slot.Kid is { } kid ? writer.Bytes(kid.Value) : writer.Bytes(slot.Salt);
        return writer.Unsigned((ulong)slot.Rounds).ToArray();
    }
}
