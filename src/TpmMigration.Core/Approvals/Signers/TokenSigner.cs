using System.Collections.Generic;
using System.Linq;
#if NET
using System.Runtime.InteropServices;
#endif
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Org.BouncyCastle.Security.Certificates;
using Org.BouncyCastle.X509;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Signs with a key on a PKCS #11 token: a smart card or an HSM. Token and session stay open as long as the signer.</summary>
public static class TokenSigner
{
#if NET
    // The library asks for libdl by the name that it has only where programs are developed.
    static TokenSigner() => NativeLibrary.SetDllImportResolver(typeof(Pkcs11InteropFactories).Assembly, (name, assembly, path) =>
        name == "libdl" && NativeLibrary.TryLoad("libdl.so.2", assembly, path, out nint found) ? found : 0);
#endif

    /// <param name="address">Token and key; must name one key that has a certificate.</param>
    /// <param name="pin">The user's PIN, UTF-8; empty for a token without one. Still the caller's.</param>
    /// <exception cref="SignerException">The token or key is not there, the PIN is wrong, or the key cannot sign.</exception>
    public static CertificateSigner Open(Pkcs11Uri address, byte[] pin)
    {
        var factories = new Pkcs11InteropFactories();
        IPkcs11Library? library = null;
        ISession? session = null;
        try
        {
            library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, address.ModulePath, AppType.MultiThreaded);
            session = Slot(library, address).OpenSession(SessionType.ReadOnly);
            LogIn(session, pin);
            (IObjectHandle key, byte[] certificate) = Find(factories, session, address);
            var held = new TokenKey(factories, library, session, key);
            (library, session) = (null, null);
            return new CertificateSigner(Chain(certificate, held.Certificates()), held);
        }
        catch (UnmanagedException e)
        {
            throw new SignerException(SignerFault.NotFound, $"The PKCS #11 library '{address.ModulePath}' cannot be loaded: {e.Message} Check the path, and that the library is for this kind of processor.", e);
        }
        catch (Pkcs11Exception e)
        {
            throw Explain(e);
        }
        finally
        {
            session?.Dispose();
            library?.Dispose();
        }
    }

    private static ISlot Slot(IPkcs11Library library, Pkcs11Uri address)
    {
        List<ISlot> slots = library.GetSlotList(SlotsType.WithTokenPresent).Where(slot =>
        {
            ITokenInfo token = slot.GetTokenInfo();
            return token.TokenFlags.TokenInitialized
                && (address.Token == null || token.Label.TrimEnd() == address.Token)
                && (address.Serial == null || token.SerialNumber.TrimEnd() == address.Serial);
        }).ToList();
        return slots.Count switch
        {
            1 => slots[0],
            0 => throw new SignerException(SignerFault.NotFound, $"'{address.ModulePath}' has no token{(address.Token == null ? string.Empty : $" '{address.Token}'")} with what was named. Is it plugged in?"),
            _ => throw new SignerException(SignerFault.Several, $"'{address.ModulePath}' has {slots.Count} tokens. Name one: pkcs11:token=..., or serial=... ."),
        };
    }

    private static void LogIn(ISession session, byte[] pin)
    {
        // Without a PIN nothing is tried: tokens count wrong ones, and an open one needs none.
        if (pin.Length == 0) return;
        try
        {
            session.Login(CKU.CKU_USER, pin);
        }
        catch (Pkcs11Exception e) when (e.RV == CKR.CKR_USER_ALREADY_LOGGED_IN)
        {
            // Another session of this program did, which counts for all of them.
        }
    }

    private static (IObjectHandle Key, byte[] Certificate) Find(Pkcs11InteropFactories factories, ISession session, Pkcs11Uri address)
    {
        List<TokenObject> keys = All(factories, session, CKO.CKO_PRIVATE_KEY), certificates = All(factories, session, CKO.CKO_CERTIFICATE);
        // The label may be the key's or the certificate's; what joins the two is the identifier.
        List<(TokenObject Key, TokenObject Certificate)> pairs =
            (from key in keys
             from certificate in certificates
             where SecretBytes.FixedTimeEquals(key.Id, certificate.Id)
                 && (address.Label == null || key.Label == address.Label || certificate.Label == address.Label)
                 && (address.Id == null || SecretBytes.FixedTimeEquals(key.Id, address.Id))
             select (key, certificate)).ToList();
        if (pairs.Count == 1) return (pairs[0].Key.Handle, pairs[0].Certificate.Value);
        if (pairs.Count > 1)
            throw new SignerException(SignerFault.Several, $"The token has {pairs.Count} keys that fit. Name one: pkcs11:...;object=label, or id=%01 .");
        if (keys.Count == 0)
            throw new SignerException(SignerFault.Password, "The token shows no private key. Give its PIN with -CertificatePassword; if that was done, the token holds none.");
        throw new SignerException(SignerFault.NotFound, "The token has no key of that label and identifier together with a certificate of the same identifier.");
    }

    private static List<TokenObject> All(Pkcs11InteropFactories factories, ISession session, CKO kind)
    {
        List<CKA> wanted = [CKA.CKA_ID, CKA.CKA_LABEL, .. kind == CKO.CKO_CERTIFICATE ? new[] { CKA.CKA_VALUE } : []];
        using IObjectAttribute kindWanted = factories.ObjectAttributeFactory.Create(CKA.CKA_CLASS, kind);
        return session.FindAllObjects([kindWanted]).Select(handle =>
        {
            List<IObjectAttribute> values = session.GetAttributeValue(handle, wanted);
            byte[] Bytes(int i) => values[i].CannotBeRead ? [] : values[i].GetValueAsByteArray() ?? [];
            var found = new TokenObject(handle, Bytes(0), System.Text.Encoding.UTF8.GetString(Bytes(1)), wanted.Count == 3 ? Bytes(2) : []);
            values.ForEach(v => v.Dispose());
            return found;
        }).ToList();
    }

    /// <summary>The certificate and those above it, as far as the token has them.</summary>
    private static List<byte[]> Chain(byte[] certificate, IReadOnlyList<byte[]> others)
    {
        const int longest = 8;
        List<byte[]> chain = [certificate];
        try
        {
            var parser = new X509CertificateParser();
            List<X509Certificate> known = others.Select(parser.ReadCertificate).Where(c => c != null).ToList();
            X509Certificate? last = parser.ReadCertificate(certificate);
            while (last != null && chain.Count < longest && !last.IssuerDN.Equivalent(last.SubjectDN))
            {
                X509Certificate below = last;
                last = known.Find(c => c.SubjectDN.Equivalent(below.IssuerDN));
                if (last != null) chain.Add(last.GetEncoded());
            }
        }
        catch (CertificateException)
        {
            // A certificate of the token that cannot be read helps nobody up the chain.
        }
        return chain;
    }

    private static SignerException Explain(Pkcs11Exception e) => e.RV switch
    {
        CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_LEN_RANGE or CKR.CKR_PIN_INVALID => new(SignerFault.Password, "The PIN of the token is wrong. After a few wrong ones the token locks itself.", e),
        CKR.CKR_PIN_LOCKED => new(SignerFault.Password, "The token is locked after too many wrong PINs. Unlock it with its own program.", e),
        CKR.CKR_PIN_EXPIRED => new(SignerFault.Password, "The PIN of the token has expired. Change it with the token's own program.", e),
        CKR.CKR_USER_NOT_LOGGED_IN => new(SignerFault.Password, "The token wants its PIN. Give it with -CertificatePassword.", e),
        _ => new(SignerFault.Failed, $"The token failed: {e.RV} in {e.Method}.", e),
    };

    private sealed record TokenObject(IObjectHandle Handle, byte[] Id, string Label, byte[] Value);

    private sealed class TokenKey(Pkcs11InteropFactories factories, IPkcs11Library library, ISession session, IObjectHandle key) : ICertificateKey
    {
        // DigestInfo of SHA-256 up to the digest. RFC 8017, 9.2.
        private static readonly byte[] Sha256DigestInfo = [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

        internal List<byte[]> Certificates() => All(factories, session, CKO.CKO_CERTIFICATE).Select(c => c.Value).ToList();

        public byte[] Sign(byte[] digest)
        {
            try
            {
                using IObjectAttribute type = session.GetAttributeValue(key, new List<CKA> { CKA.CKA_KEY_TYPE })[0];
                bool rsa = type.GetValueAsUlong() == (ulong)CKK.CKK_RSA;
                using IMechanism mechanism = factories.MechanismFactory.Create(rsa ? CKM.CKM_RSA_PKCS : CKM.CKM_ECDSA);
                return session.Sign(mechanism, key, rsa ? [.. Sha256DigestInfo, .. digest] : digest);
            }
            catch (Pkcs11Exception e)
            {
                throw Explain(e);
            }
        }

        public byte[]? TryDecrypt(byte[] encrypted) => throw SignerException.CannotDecrypt("The private key is on a token");

        public byte[] Agree(EccPublic other, byte[] suffix) => throw SignerException.CannotDecrypt("The private key is on a token");

        public void Dispose()
        {
            session.Dispose();
            library.Dispose();
        }
    }
}
