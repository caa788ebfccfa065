using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Backup;

/// <summary>A file in a backup.</summary>
/// <param name="Name">Of its own in the archive, and in the data directory.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Digest">SHA-256, 32 bytes.</param>
internal sealed record BackupFile(string Name, long Size, byte[] Digest);

/// <summary>
/// What is in a backup, in lines of ASCII: "TPM MA backup 1"; for each file its name, size and SHA-256; and HMAC-SHA-256 of all lines before, under HKDF-SHA-256
/// of the secret that opens the keys. So whoever can write the backup, and has not the secret, lets nobody in by it.
/// </summary>
internal sealed record BackupManifest(IReadOnlyList<BackupFile> Files)
{
    internal const int MostBytes = 4096;

    private const int KeySize = 32;

    private const string Form = "TPM MA backup 1";

    internal byte[] Write(byte[] secret)
    {
        var text = new StringBuilder(Form).Append('\n');
        foreach (BackupFile file in Files) text.Append(CultureInfo.InvariantCulture, $"{file.Name} {file.Size} {Hex.Format(file.Digest)}\n");
        byte[] content = Encoding.ASCII.GetBytes(text.ToString());
        return [.. content, .. Encoding.ASCII.GetBytes(Hex.Format(Code(content, secret)) + "\n")];
    }

    /// <exception cref="BackupException"><see cref="BackupFault.Damaged"/></exception>
    internal static BackupManifest Read(byte[] manifest, byte[] secret)
    {
        string[] lines = Encoding.ASCII.GetString(manifest).Split('\n');
        if (lines.Length < 3 || lines[0] != Form || lines[^1].Length != 0) throw Damaged();
        byte[] content = manifest[..^(lines[^2].Length + 1)];
        if (Hex.TryParse(lines[^2]) is not { } code || !SecretBytes.FixedTimeEquals(code, Code(content, secret))) throw Damaged();
        return new BackupManifest([.. lines[1..^2].Select(File)]);
    }

    private static BackupFile File(string line)
    {
        string[] parts = line.Split(' ');
        if (parts.Length != 3 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) || Hex.TryParse(parts[2]) is not { Length: 32 } digest)
            throw Damaged();
        return new BackupFile(parts[0], size, digest);
    }

    private static byte[] Code(byte[] content, byte[] secret)
    {
        byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeySize, null, Encoding.ASCII.GetBytes(Form));
        try
        {
            return HMACSHA256.HashData(key, content);
        }
        finally
        {
            SecretBytes.Clear(key);
        }
    }

    private static BackupException Damaged() => new(
        BackupFault.Damaged, "The file is no backup of a Migration Authority, or was altered, or belongs to another secret: name that with --secret-file. Nothing was restored.");
}
