using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Packages whose keys and data key have an inner wrap, which the passphrase opens; and what can be wrong with it.</summary>
internal static class InnerWrapVectors
{
    internal const string Passphrase = "the passphrase of all vectors";

    private static readonly byte[] RecoverySecret = VectorFolder.Bytes("recovery key", 32);

    internal static IEnumerable<PackageVector> All
    {
        get
        {
            MigrationPackage two = Wrapped(VectorPackages.Two()), family = Wrapped(VectorPackages.Family());
            string text = VectorText.Template(two);
            byte[] salt = VectorFolder.Bytes("recovery salt", 16);
            return
            [
                Made("valid-inner-wrap", "valid", "keys with an inner wrap", two),
                Made("valid-inner-wrap-family", "valid", "a family and its data key with an inner wrap", family),
                Made("inner-wrap-none-for-one", "InnerWrapMismatch", "a key without inner key beside one that has one", With(two, 1, null)),
                Made("inner-wrap-none-for-data-key", "InnerWrapMismatch", "a data key without inner key", family with { DataKey = family.DataKey! with { InnerKey = null } }),
                Made("inner-wrap-missing", "InnerWrapMismatch", "inner keys, and nobody who could open them", two with { InnerWrap = null }),
                Made("inner-wrap-missing-for-data-key", "InnerWrapMismatch", "an inner key of the data key alone", VectorPackages.Family() with { DataKey = family.DataKey }),
                Made("inner-wrap-swapped", "Altered", "the inner keys of two keys exchanged", With(With(two, 0, InnerKey(two, 1)), 1, InnerKey(two, 0))),
                Made("inner-wrap-bit", "Altered", "a bit of an inner key", With(two, 0, [.. InnerKey(two, 0)[..23], (byte)(InnerKey(two, 0)[23] ^ 1)])),
                Made("inner-wrap-approval-for-other-form", "Approval.ForAnotherForm", "an approval for a duplication with inner wrap, and the package has none", VectorPackages.One() with
                {
                    Approvals = [VectorPackages.Approval(VectorPackages.First, change: a => a with { Ticket = new OwnerTicket(VectorFolder.Bytes("cpHash", 32), [], TpmtTicket.NullHashCheck, InnerWrap: true) })],
                }),
                Made("inner-wrap-key-short", "Malformed", "an inner key of 16 bytes", With(two, 0, InnerKey(two, 0)[..16])),
                Made("inner-wrap-recovery-key-long", "Malformed", "a wrapped recovery key of 48 bytes", two with { InnerWrap = new PackageInnerWrap([], two.InnerWrap!.Passphrase! with { WrappedKey = VectorFolder.Bytes("long", 48) }) }),
                Bad("inner-wrap-empty", "nobody who can open it", text.Swap(text.Part("<RecoveryPassphrase", "</RecoveryPassphrase>"), string.Empty)),
                Bad("inner-wrap-algorithm", "another algorithm", text.Swap("AES-128-CFB", "AES-256-CFB")),
                Bad("inner-wrap-algorithm-missing", "no algorithm", text.Swap(" algorithm=\"AES-128-CFB\"", string.Empty)),
                Bad("inner-wrap-two-passphrases", "two passphrases", text.Swap("</RecoveryPassphrase>", "</RecoveryPassphrase>" + text.Part("<RecoveryPassphrase", "</RecoveryPassphrase>"))),
                Bad("inner-wrap-late", "behind the keys", Moved(text)),
                Bad("inner-wrap-twice", "two of them", text.Swap("</InnerWrap>", "</InnerWrap>" + text.Part("<InnerWrap", "</InnerWrap>"))),
                Bad("inner-wrap-agent-without-envelope", "an agent without envelope", text.Swap("<RecoveryPassphrase", "<RecoveryAgent><Certificate>AAAA</Certificate></RecoveryAgent><RecoveryPassphrase")),
                Bad("inner-wrap-agent-behind-passphrase", "an agent behind the passphrase", text.Swap("</RecoveryPassphrase>", "</RecoveryPassphrase><RecoveryAgent><Certificate>AAAA</Certificate><Envelope>AAAA</Envelope></RecoveryAgent>")),
                Bad("inner-wrap-cost-huge", "a passphrase that would be hashed without end", text.Swap("cost=\"16384\"", "cost=\"1073741824\"")),
                Bad("inner-wrap-cost-low", "a passphrase that would be guessed too soon", text.Swap("cost=\"16384\"", "cost=\"1024\"")),
                Bad("inner-wrap-cost-no-power", "a cost that is no power of two", text.Swap("cost=\"16384\"", "cost=\"20000\"")),
                Bad("inner-wrap-block-size", "another block size", text.Swap("blockSize=\"8\"", "blockSize=\"1024\"")),
                Bad("inner-wrap-parallelization", "more lanes than are allowed", text.Swap("parallelization=\"1\"", "parallelization=\"64\"")),
                Bad("inner-wrap-parallelization-zero", "no lane", text.Swap("parallelization=\"1\"", "parallelization=\"0\"")),
                Bad("inner-wrap-salt-short", "a salt of 8 bytes", text.Swap(Convert.ToHexStringLower(salt), Convert.ToHexStringLower(salt[..8]))),
            ];
        }
    }

    /// <summary>The recovery key of a vector, as the holder of the passphrase comes to it.</summary>
    internal static byte[]? Open(PackageRecoveryPassphrase sealedKey) => AesKeyWrap.TryUnwrap(
        SCrypt.Generate(Encoding.UTF8.GetBytes(Passphrase), sealedKey.Salt, sealedKey.Cost, sealedKey.BlockSize, sealedKey.Parallelization, 32), sealedKey.WrappedKey);

    private static MigrationPackage Wrapped(MigrationPackage package)
    {
        byte[] salt = VectorFolder.Bytes("recovery salt", 16);
        byte[] wrapping = SCrypt.Generate(Encoding.UTF8.GetBytes(Passphrase), salt, 16384, 8, 1, 32);
        Dictionary<string, VectorKey> keys = new() { ["First"] = VectorPackages.First, ["Second"] = VectorPackages.Second, ["Root"] = VectorPackages.Root };
        return package with
        {
            InnerWrap = new PackageInnerWrap([], new PackageRecoveryPassphrase(salt, 16384, 8, 1, AesKeyWrap.Wrap(wrapping, RecoverySecret))),
            Keys = [.. package.Keys.Select(key => key.Blob is MigrationBlob ? key with { Blob = Blob(keys[key.Name], key.Name) } : key)],
            DataKey = package.DataKey is { } dataKey && Blob(VectorPackages.DataKey, "data key") is var blob ? dataKey with { Duplicate = blob.Duplicate, EncryptedSeed = blob.EncryptedSeed, InnerKey = blob.InnerKey } : null,
        };
    }

    private static MigrationBlob Blob(VectorKey key, string label)
    {
        byte[] inner = VectorFolder.Bytes("inner " + label, 16);
        WrappedKey wrapped = key.WrapTo(VectorKey.Destination("destination-ecc"), label, inner);
        return new MigrationBlob(wrapped.Duplicate, wrapped.EncryptedSeed, AesKeyWrap.Wrap(RecoverySecret, inner));
    }

    private static byte[] InnerKey(MigrationPackage package, int key) => ((MigrationBlob)package.Keys[key].Blob).InnerKey!;

    private static MigrationPackage With(MigrationPackage package, int key, byte[]? innerKey) => package with
    {
        Keys = [.. package.Keys.Select((k, i) => i == key ? k with { Blob = (MigrationBlob)k.Blob with { InnerKey = innerKey } } : k)],
    };

    private static string Moved(string text)
    {
        string element = text.Part("<InnerWrap", "</InnerWrap>");
        return text.Swap(element, string.Empty).Swap("</Keys>", "</Keys>" + element);
    }

    private static PackageVector Made(string name, string expected, string why, MigrationPackage package) => new(name, expected, why, VectorText.Sign(VectorText.Template(package)));

    private static PackageVector Bad(string name, string why, string template) => new(name, "Malformed", "an inner wrap that is none: " + why, VectorText.Sign(template));
}
