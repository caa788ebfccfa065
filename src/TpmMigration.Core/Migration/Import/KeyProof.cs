using System.Collections.Generic;
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
    /// <param name="loader">TPM and store.</param>
    /// <param name="name">What the key is called.</param>
    /// <param name="key">The loaded key.</param>
    /// <param name="branches">Its recorded policy.</param>
    /// <param name="password">Its password; empty if it has none.</param>
    /// <exception cref="ImportException">The key does not work, or the PCRs do not let it be used.</exception>
    /// <exception cref="KeyAuthorizationException">The key's password is wrong.</exception>
    internal static void Run(KeyLoader loader, string name, TpmObject key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches, byte[] password)
    {
        bool works = KeyAuthorizationException.Explain(loader.Device, AuthorizationSubject.Key, name, () => KeyTemplates.RoleOf(key.PublicArea) switch
        {
            KeyRole.Sign or KeyRole.Decrypt => IsUsable(loader, name, key, branches, password),
            KeyRole.Storage => TakesChild(loader, key, password),
            _ => true, // Loading it was all that can be asked of it without knowing its use.
        });
        if (!works)
            throw new ImportException(ImportFault.ProofFailed, $"The key '{name}' was imported, but its result does not fit its public key. Nothing was stored.");
    }

    private static bool IsUsable(KeyLoader loader, string name, TpmObject key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches, byte[] password)
    {
        try
        {
            using var use = new KeyUse(loader, key, branches, password);
            if (KeyTemplates.RoleOf(key.PublicArea) == KeyRole.Sign) return Signs(loader, key, use);
            return key.PublicArea.Type == TpmAlgId.Rsa ? Decrypts(loader, key, use) : Agrees(loader, key, use);
        }
        catch (TpmException e) when (e.Code == TpmRc.PcrChanged || (e.Command == TpmCc.PolicyPcr && (e.Code == TpmRc.ValueCode || e.Code == TpmRc.Hash)))
        {
            throw new ImportException(
                ImportFault.PcrMismatch,
                $"The key '{name}' can be used only with certain values of PCRs, which differ here, so it cannot be proven to work. Bring this machine into the state that is expected, or import without proof with -SkipProof. ({e.Message})", e);
        }
    }

    private static bool Signs(KeyLoader loader, TpmObject key, KeyUse use)
    {
        TpmtScheme scheme = key.PublicArea.Parameters switch
        {
            TpmsRsaParms { Scheme: { IsNull: false } own } => own,
            TpmsEccParms { Scheme: { IsNull: false } own } => own,
            TpmsRsaParms => new TpmtScheme(TpmAlgId.RsaSsa, TpmAlgId.Sha256),
            _ => new TpmtScheme(TpmAlgId.EcDsa, TpmAlgId.Sha256),
        };
        byte[] digest = TpmHash.Digest(scheme.HashAlg, key.PublicArea.Name);
        TpmtSignature signature = loader.Device.Execute(new Sign { KeyHandle = key.Handle, Digest = digest, InScheme = scheme }, use.Authorize());
        return key.PublicArea.Verifies(digest, signature);
    }

    private static bool Decrypts(KeyLoader loader, TpmObject key, KeyUse use)
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
            use.Authorize(TpmaSession.Encrypt));
        return SecretBytes.FixedTimeEquals(opened, secret.Secret);
    }

    private static bool Agrees(KeyLoader loader, TpmObject key, KeyUse use)
    {
        using SharedSecret secret = key.PublicArea.ShareSecret(TpmAlgId.Sha256, SecretLabel.Secret);
        TpmsEccPoint ephemeral = TpmReader.ReadWhole(secret.EncryptedSecret, "The point", TpmsEccPoint.Read);
        TpmsEccPoint agreed = loader.Device.Execute(
            new EcdhZGen { KeyHandle = key.Handle, InPoint = ephemeral }, use.Authorize(TpmaSession.Encrypt));
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
