using System;
using System.IO;
using System.Linq;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>Where all of a Migration Authority lies, closed to other users: its keys, the secret that opens them, its database.</summary>
public sealed class DataDirectory
{
    private const int SecretSize = 32;

    private readonly string? _secretPath;

    /// <param name="path">The folder.</param>
    /// <param name="secretPath">Where the secret lies, if not in the folder.</param>
    /// <param name="connection">How to reach the database server, whatever the folder says of it.</param>
    public DataDirectory(string path, string? secretPath = null, string? connection = null)
    {
        FullPath = Path.GetFullPath(path);
        _secretPath = secretPath == null ? null : Path.GetFullPath(secretPath);
        Connection = connection;
    }

    /// <summary>Where it is if nobody says: of root and on Windows the system's place, of other users their own.</summary>
    public static string DefaultPath => UnixCalls.Available && Environment.UserName == "root"
        ? "/var/lib/tpm-ma"
        : Path.Combine(Environment.GetFolderPath(OperatingSystem.IsWindows() ? Environment.SpecialFolder.CommonApplicationData : Environment.SpecialFolder.LocalApplicationData), "tpm-ma");

    public string FullPath { get; }

    /// <summary>How to reach the database server, where that was said from outside.</summary>
    public string? Connection { get; }

    public string KeysPath => Path.Combine(FullPath, "keys");

    public string SecretPath => _secretPath ?? Path.Combine(FullPath, "secret");

    /// <summary>The database, where it is no server.</summary>
    public string DatabasePath => Path.Combine(FullPath, "vault.db");

    /// <summary>How to reach the database, where it is a server. There may be a password in it.</summary>
    public string ConnectionPath => Path.Combine(FullPath, "database");

    /// <summary>The certificate of the service's TLS, for clients to trust.</summary>
    public string TlsCertificatePath => Path.Combine(FullPath, "tls.crt");

    /// <summary>The certificate that signs what the Migration Authority says.</summary>
    public string SigningCertificatePath => Path.Combine(FullPath, "signing.crt");

    /// <summary>Held by a rotation of the keys while it goes on.</summary>
    internal string RotationLockPath => Path.Combine(FullPath, "rotate.lock");

    /// <summary>Writes the certificates for clients.</summary>
    internal void WriteCertificates(AuthorityKeys keys)
    {
        File.WriteAllText(TlsCertificatePath, CertificateText.ToPem(keys.TlsCertificate.RawData), Encoding.ASCII);
        File.WriteAllText(SigningCertificatePath, CertificateText.ToPem(keys.SigningCertificate.RawData), Encoding.ASCII);
    }

    /// <summary>Makes the folder, and the secret where it is not given.</summary>
    /// <exception cref="DataDirectoryException">A Migration Authority is there already.</exception>
    public void Create()
    {
        if (File.Exists(KeysPath))
            throw new DataDirectoryException(DataDirectoryFault.Exists, $"'{FullPath}' is the data directory of a Migration Authority already. Its keys are not overwritten: name another with --data.");
        if (!Directory.Exists(FullPath)) StoreFolder.Create(FullPath);
        Protect();
        if (File.Exists(SecretPath)) return;
        byte[] secret = SecretBytes.Random(SecretSize);
        try
        {
            OwnerOnlyFile.Write(SecretPath, secret);
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
    }

    /// <summary>Makes the folder for what is to be restored into it.</summary>
    /// <exception cref="DataDirectoryException">Something besides the secret is there already.</exception>
    public void CreateEmpty()
    {
        if (!Directory.Exists(FullPath)) StoreFolder.Create(FullPath);
        if (Directory.EnumerateFileSystemEntries(FullPath).Any(path => path != SecretPath))
            throw new DataDirectoryException(DataDirectoryFault.Exists, $"There is something in '{FullPath}' already, and nothing is overwritten. Name an empty folder with --data.");
        Protect();
    }

    /// <summary>Sees to it that there is one, and that nobody else could change it.</summary>
    /// <exception cref="DataDirectoryException">There is none, or it is another user's.</exception>
    public void Require()
    {
        if (!File.Exists(KeysPath))
            throw new DataDirectoryException(DataDirectoryFault.NotInitialized, $"'{FullPath}' is no data directory of a Migration Authority. Make one with: tpm-ma init --data '{FullPath}'");
        Protect();
    }

    /// <summary>The secret that opens the keys. The caller clears it.</summary>
    /// <exception cref="DataDirectoryException">It is missing or too short.</exception>
    public byte[] ReadSecret()
    {
        const int LeastSize = 16;
        byte[] secret = File.Exists(SecretPath) ? File.ReadAllBytes(SecretPath) : [];
        if (secret.Length >= LeastSize) return secret;
        SecretBytes.Clear(secret);
        throw new DataDirectoryException(DataDirectoryFault.SecretMissing, $"The secret that opens the keys of this Migration Authority is not in '{SecretPath}'. Name the file with --secret-file, or restore it.");
    }

    /// <summary>How to reach the database server; null where the database is a file.</summary>
    public string? ReadConnection() => Connection ?? (File.Exists(ConnectionPath) ? File.ReadAllText(ConnectionPath, Encoding.UTF8).Trim() : null);

    /// <summary>Keeps how to reach the database server, or that it is a file.</summary>
    public void WriteConnection(string? connection)
    {
        if (connection == null) File.Delete(ConnectionPath);
        else OwnerOnlyFile.Write(ConnectionPath, Encoding.UTF8.GetBytes(connection));
    }

    private void Protect()
    {
        try
        {
            StoreFolder.Protect(FullPath);
        }
        catch (KeyStoreException e)
        {
            throw new DataDirectoryException(DataDirectoryFault.NotProtected, $"The folder '{FullPath}' belongs to another user, who could change what is in it. Run as that user, or choose another folder.", e);
        }
    }
}
