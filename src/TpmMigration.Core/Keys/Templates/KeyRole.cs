namespace TpmMigration.Keys;

/// <summary>What a key is for.</summary>
public enum KeyRole
{
    /// <summary>Signs digests given by the caller.</summary>
    Sign,

    /// <summary>Decrypts (RSA) or agrees on secrets (ECC).</summary>
    Decrypt,

    /// <summary>Protects child keys.</summary>
    Storage,

    /// <summary>Signs only what the TPM itself made: an attestation key.</summary>
    Attest,

    /// <summary>None of these: a keyed-hash, cipher or sealed-data object, or a key for several uses.</summary>
    Other,
}

/// <summary>The algorithms of keys that can be made.</summary>
public enum KeyAlgorithm
{
    Rsa2048,
    Rsa3072,
    EccP256,
    EccP384,
}
