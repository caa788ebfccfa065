using System;
using Org.BouncyCastle.Crypto.Parameters;

namespace TpmMigration.Tpm;

/// <summary>An RSA or ECC private key held in software: a Migration Authority's, a recovery key, a key of a test. Dispose clears it.</summary>
public abstract class AsymmetricPrivate : IDisposable
{
    private readonly byte[] _secret;

    /// <summary>Takes a copy of the secret number, which stays the caller's to clear.</summary>
    private protected AsymmetricPrivate(AsymmetricPublic publicKey, byte[] secret)
    {
        PublicKey = publicKey ?? throw new ArgumentNullException(nameof(publicKey));
        _secret = (byte[])(secret ?? throw new ArgumentNullException(nameof(secret))).Clone();
    }

    /// <summary>The public half.</summary>
    public AsymmetricPublic PublicKey { get; }

    /// <summary>Whether <see cref="Dispose"/> has cleared the key.</summary>
    protected bool IsDisposed { get; private set; }

    /// <summary>The secret number itself, not a copy.</summary>
    internal byte[] Secret => IsDisposed ? throw new ObjectDisposedException(GetType().Name) : _secret;

    public virtual void Dispose()
    {
        IsDisposed = true;
        SecretBytes.Clear(_secret);
        GC.SuppressFinalize(this);
    }
}

/// <summary>An RSA private key in the form of TPM2B_PRIVATE_KEY_RSA: one of the two primes.</summary>
public sealed class RsaPrivate : AsymmetricPrivate
{
    private RsaPrivateCrtKeyParameters? _numbers;

    /// <param name="publicKey">The public half.</param>
    /// <param name="prime">One prime factor of the modulus, big-endian. It is copied.</param>
    public RsaPrivate(RsaPublic publicKey, byte[] prime) : base(publicKey, prime) { }

    /// <summary>The numbers derived from the prime, kept because deriving them costs more than using them once.</summary>
    internal RsaPrivateCrtKeyParameters Numbers
    {
        get
        {
            _ = Secret;
            return _numbers ??= RawRsa.Private(this);
        }
    }

    /// <summary>The key as an engine has it, since making that costs more than using it once. It is disposed with this.</summary>
    internal IDisposable? Kept { get; set; }

    /// <inheritdoc cref="AsymmetricPrivate.PublicKey"/>
    public new RsaPublic PublicKey => (RsaPublic)base.PublicKey;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _numbers = null;
        Kept?.Dispose();
        Kept = null;
        base.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>An ECC private key in the form of TPM2B_ECC_PARAMETER: the scalar.</summary>
public sealed class EccPrivate : AsymmetricPrivate
{
    /// <param name="publicKey">The public half.</param>
    /// <param name="scalar">The private scalar, big-endian. It is copied.</param>
    public EccPrivate(EccPublic publicKey, byte[] scalar) : base(publicKey, scalar) { }

    /// <summary>Whether an engine has seen that both halves belong together, which it does once.</summary>
    internal bool IsWhole { get; set; }

    /// <inheritdoc cref="AsymmetricPrivate.PublicKey"/>
    public new EccPublic PublicKey => (EccPublic)base.PublicKey;
}
