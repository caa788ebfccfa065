namespace TpmMigration.Packages;

/// <summary>A password or piece of application data of a key, encrypted under the package's data key.</summary>
/// <param name="Type">What it is; see docs/format.md for the well-known types.</param>
/// <param name="Name">Tells several of one type apart.</param>
/// <param name="MediaType">RFC 6838, or empty.</param>
/// <param name="Length">Bytes of the plain content.</param>
/// <param name="Content">Nonce (12 bytes), ciphertext (<paramref name="Length"/> bytes), tag (16 bytes) of AES-256-GCM.</param>
public sealed record SealedData(string Type, string Name, string MediaType, int Length, byte[] Content);
