using System.Linq;
using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Proves that a loaded key works: a signing key signs and the signature verifies, a decryption key opens what was encrypted to it,
/// a storage key takes a child.
/// </summary>
internal static class KeyProof
{
    /// <exception cref="ImportException">The key does not work.</exception>
    /// <exception cref="KeyAuthorizationException">The key's password is wrong.</exception>
    internal static void Run(KeyLoader loader, string name, TpmObject key, byte[] password)
    {
        bool works = KeyAuthorizationException.Explain(loader.Device, AuthorizationSubject.Key, name, () => KeyTemplates.RoleOf(key.PublicArea) switch
        {
            KeyRole.Sign => Signs(loader, key, password),
            KeyRole.Decrypt => key.PublicArea.Type == TpmAlgId.Rsa ? Decrypts(loader, key, password) : Agrees(loader, key, password),
            KeyRole.Storage => TakesChild(loader, key, password),
            _ => true, // Loading it was all that can be asked of it without knowing its use.
        });
        if (!works)
            throw new ImportException(ImportFault.ProofFailed, $"The key '{name}' was imported, but its result does not fit its public key. Nothing was stored.");
    }

    private static bool Signs(KeyLoader loader, TpmObject key, byte[] password)
    {
        TpmtScheme scheme = key.PublicArea.Parameters switch
        {
            TpmsRsaParms { Scheme: { IsNull: false } own } => own,
            TpmsEccParms { Scheme: { IsNull: false } own } => own,
            TpmsRsaParms => new TpmtScheme(TpmAlgId.RsaSsa, TpmAlgId.Sha256),
            _ => new TpmtScheme(TpmAlgId.EcDsa, TpmAlgId.Sha256),
        };
        byte[] digest = TpmHash.Digest(scheme.HashAlg, key.PublicArea.Name);
        TpmtSignature signature = loader.Device.Execute(new Sign { KeyHandle = key.Handle, Digest = digest, InScheme = scheme }, Authorize(loader, password));
        return key.PublicArea.Verifies(digest, signature);
    }

    private static bool Decrypts(KeyLoader loader, TpmObject key, byte[] password)
    {
        using SharedSecret secret = key.PublicArea.ShareSecret(TpmAlgId.Sha256, SecretLabel.Secret);
        byte[] opened = loader.Device.Execute(
            new RsaDecrypt
            {
                KeyHandle = key.Handle,
                CipherText = secret.EncryptedSecret,
                InScheme = new TpmtScheme(TpmAlgId.Oaep, TpmAlgId.Sha256),
                Label = [.. SecretLabel.Secret.Select(c => (byte)c), 0],
            },
            loader.Session.Authorize(password, TpmaSession.Encrypt));
        return SecretBytes.FixedTimeEquals(opened, secret.Secret);
    }

    private static bool Agrees(KeyLoader loader, TpmObject key, byte[] password)
    {
        using SharedSecret secret = key.PublicArea.ShareSecret(TpmAlgId.Sha256, SecretLabel.Secret);
        TpmsEccPoint ephemeral = TpmReader.ReadWhole(secret.EncryptedSecret, "The point", TpmsEccPoint.Read);
        TpmsEccPoint agreed = loader.Device.Execute(
            new EcdhZGen { KeyHandle = key.Handle, InPoint = ephemeral }, loader.Session.Authorize(password, TpmaSession.Encrypt));
        byte[] derived = Kdf.KdfE(TpmAlgId.Sha256, agreed.X, SecretLabel.Secret, ephemeral.X, key.PublicArea.Point!.X, 256);
        try
        {
            return SecretBytes.FixedTimeEquals(derived, secret.Secret);
        }
        finally
        {
            SecretBytes.Clear(derived);
            SecretBytes.Clear(agreed.X);
            SecretBytes.Clear(agreed.Y);
        }
    }

    private static bool TakesChild(KeyLoader loader, TpmObject key, byte[] password)
    {
        byte[] data = new byte[16];
        using (var random = RandomNumberGenerator.Create()) random.GetBytes(data);
        CreateResponse child = loader.Execute(
            new Create { ParentHandle = key.Handle, InSensitive = new TpmsSensitiveCreate([], data), InPublic = KeyTemplates.SealedChildOf(key.PublicArea) },
            loader.Session.Authorize(password, TpmaSession.Decrypt));
        TpmObject loaded = loader.Execute(
            new Load { ParentHandle = key.Handle, InPrivate = child.OutPrivate, InPublic = child.OutPublic }, Authorize(loader, password));
        loader.Device.Flush(loaded.Handle);
        return true;
    }

    private static TpmAuthorization Authorize(KeyLoader loader, byte[] password) =>
        password.Length == 0 ? TpmAuthorization.Empty : loader.Session.Authorize(password);
}
