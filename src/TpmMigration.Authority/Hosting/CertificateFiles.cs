using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TpmMigration.Authority.Hosting;

/// <summary>The operator's own certificate of TLS, in files that may be renewed while the service runs.</summary>
internal sealed class CertificateFiles
{
    private readonly string _certificate;
    private readonly string? _key, _password;

    private CertificateFiles(string certificate, string? key, string? password) => (_certificate, _key, _password) = (certificate, key, password);

    /// <returns>Null where no certificate is named.</returns>
    /// <exception cref="CommandException">What is named makes no certificate with its private key.</exception>
    internal static CertificateFiles? Of(string? certificate, string? key, string? password)
    {
        if (certificate == null)
            return key == null && password == null ? null : throw new CommandException("--tls-key and --tls-password-file go with --tls-certificate.");
        var files = new CertificateFiles(Path.GetFullPath(certificate), key == null ? null : Path.GetFullPath(key), password == null ? null : Path.GetFullPath(password));
        foreach (X509Certificate2 read in files.Read()) read.Dispose();
        return files;
    }

    /// <summary>Changes when a file was replaced.</summary>
    internal string Stamp() => string.Join(' ', new[] { _certificate, _key, _password }.OfType<string>().Select(file => File.GetLastWriteTimeUtc(file).Ticks));

    /// <summary>The certificate with its private key, then those above it.</summary>
    /// <exception cref="CommandException">The files make none.</exception>
    internal X509Certificate2Collection Read()
    {
        try
        {
            string? password = _password == null ? null : File.ReadAllText(_password).TrimEnd('\r', '\n');
            byte[] content = File.ReadAllBytes(_certificate);
            X509Certificate2Collection all = content.Length > 0 && content[0] == 0x30 ? Pfx(content, password) : Pem(password);
            // The one with the key comes first, as handshakes have it.
            X509Certificate2 own = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new CommandException($"'{_certificate}' has no private key. Name its file with --tls-key.");
            return [own, .. all.Where(certificate => certificate != own)];
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CommandException($"'{_certificate}' is no certificate with its private key in PEM or PFX, or its password is another one.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException("The certificate of TLS cannot be read. " + e.Message, e);
        }
    }

    private static X509Certificate2Collection Pfx(byte[] content, string? password) => X509CertificateLoader.LoadPkcs12Collection(content, password);

    private X509Certificate2Collection Pem(string? password)
    {
        using X509Certificate2 bare = password == null
            ? X509Certificate2.CreateFromPemFile(_certificate, _key ?? _certificate)
            : X509Certificate2.CreateFromEncryptedPemFile(_certificate, password, _key ?? _certificate);
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(_certificate);
        byte[] pfx = bare.Export(X509ContentType.Pkcs12);
        try
        {
            // Windows serves TLS with keys of a provider only.
            X509Certificate2 own = X509CertificateLoader.LoadPkcs12(pfx, null);
            return [own, .. all.Where(certificate => !certificate.RawData.AsSpan().SequenceEqual(own.RawData))];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pfx);
        }
    }
}
