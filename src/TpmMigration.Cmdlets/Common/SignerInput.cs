using System;
using System.IO;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Approvals;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>
/// What signs, as users name it with -Certificate and -CertificatePassword: a PFX file, a certificate of the operating system's stores
/// (Cert:\CurrentUser\My\thumbprint, or the thumbprint), a key on a token (pkcs11:token=...;object=...?module-path=...), or a
/// certificate object with its private key.
/// </summary>
internal static class SignerInput
{
    private const long MostBytes = 1024 * 1024;

    /// <returns>The signer, which the caller disposes.</returns>
    /// <exception cref="SignerException">It cannot sign; the error says why.</exception>
    internal static CertificateSigner Open(PSCmdlet cmdlet, object certificate, SecureString? password)
    {
        object value = certificate is PSObject wrapped ? wrapped.BaseObject : certificate;
        if (value is X509Certificate2 live) return CertificateStoreSigner.Open(live);
        if (value is not string && PSObject.AsPSObject(certificate).Properties["FullName"]?.Value is string named) value = named;
        if (value is not string address)
            throw new SignerException(SignerFault.Address, $"An object of type {value.GetType().Name} cannot sign. Give the path of a PFX file, a Cert:\\ path, a thumbprint, or a pkcs11: address.");
        if (Pkcs11Uri.IsOne(address)) return WithPassword(password, pin => TokenSigner.Open(Pkcs11Uri.Parse(address), pin));
        // A file may bear any name, also one that looks like a thumbprint.
        if (CertificateStoreSigner.IsAddress(address) && !(address.IndexOf(':') < 0 && File.Exists(cmdlet.GetUnresolvedProviderPathFromPSPath(address))))
            return CertificateStoreSigner.Open(address);
        string path = cmdlet.GetUnresolvedProviderPathFromPSPath(address);
        byte[] content = ReadFile(path);
        try
        {
            return WithPassword(password, secret => PfxSigner.Open(content, path, secret));
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }

    private static CertificateSigner WithPassword(SecureString? password, Func<byte[], CertificateSigner> open)
    {
        byte[] secret = SecureText.ToUtf8(password);
        try
        {
            return open(secret);
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            if (File.Exists(path) && new FileInfo(path).Length > MostBytes) throw new SignerException(SignerFault.Unreadable, $"The file '{path}' is larger than any PFX file.");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SignerException(SignerFault.NotFound, $"There is no certificate file '{path}'.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SignerException(SignerFault.Unreadable, $"The certificate file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
