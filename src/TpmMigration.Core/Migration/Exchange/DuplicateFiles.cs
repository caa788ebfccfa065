using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>The three files of a duplicate as tpm2_duplicate writes and tpm2_import reads them.</summary>
/// <param name="Public">TPM2B_PUBLIC.</param>
/// <param name="Duplicate">TPM2B_PRIVATE, wrapped to the new parent.</param>
/// <param name="Seed">TPM2B_ENCRYPTED_SECRET.</param>
public sealed record DuplicateFiles(byte[] Public, byte[] Duplicate, byte[] Seed)
{
    public const string PublicExtension = ".pub", DuplicateExtension = ".dup", SeedExtension = ".seed";

    /// <summary>The same three parts of an importable key file.</summary>
    public static DuplicateFiles From(TpmKeyFile key) => new(key.Public, key.Private, key.Secret ?? []);

    /// <summary>An importable key file, which says nothing of password and parent, as these files do not.</summary>
    /// <exception cref="KeyFileException">A file is not one sized buffer, or the duplicate has no outer wrap.</exception>
    public TpmKeyFile ToImportable()
    {
        Check(Public, PublicExtension, "public area");
        Check(Duplicate, DuplicateExtension, "duplicate");
        Check(Seed, SeedExtension, "seed");
        return new TpmKeyFile { Kind = TpmKeyFileKind.Importable, Parent = 0, Public = Public, Private = Duplicate, Secret = Seed };
    }

    private static void Check(byte[] content, string extension, string what)
    {
        if (SizedBytes.TryOnly(content) is not { } inner)
            throw new KeyFileException(KeyFileFault.SizeMismatch, $"The file {extension} is not one {what} with its size before it. Copy it again; it may have been cut off, or made by a program that leaves out the size.");
        if (inner.Length == 0)
            throw new KeyFileException(KeyFileFault.BadValue, $"The {what} is empty: the key was duplicated without a new parent, and its private part is not wrapped. Duplicate it anew, for a storage key of this machine.");
    }
}
