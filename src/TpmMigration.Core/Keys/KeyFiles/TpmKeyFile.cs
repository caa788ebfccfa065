using System;
using System.Collections.Generic;
using System.IO;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// A TSS2 PRIVATE KEY file (draft-bottomley-tpm2-keys): the two halves of a TPM key that only its TPM can load, in the form that the
/// OpenSSL providers and the tpm2-tools use.
/// </summary>
/// <remarks>
/// <para>
/// Only the type, emptyAuth, the parent, and the two halves are understood everywhere. tpm2-openssl 1.1 and tpm2-tools 5.4 refuse a file that
/// has any of the fields [1] to [5], and programs that do know <see cref="Policy"/> and <see cref="AuthPolicies"/> run them to use the
/// key. The policy of a migratable key is for duplication alone (its use needs the authorization value only, userWithAuth), so it
/// belongs in neither. It is written as text before the PEM block instead, which every PEM reader skips:
/// </para>
/// <code>
/// TPM-Duplication-Policy:
///  MCIwIKEeMBwwCqAEAgIBa6ECBAAwDqAEAgIBbKEGBAQAAAFL
/// -----BEGIN TSS2 PRIVATE KEY-----
/// ...
/// </code>
/// <para>
/// The value is the base64 of a DER SEQUENCE OF TPMAuthPolicy, one per branch, folded into lines that start with a space. It needs no
/// protection: a branch counts only if its digest is the one in the public area. A file can so be copied away from its store and still be exported.
/// </para>
/// <para>Reading and writing are the identity on DER, but for a TRUE that some OpenSSL versions write as 0x01.</para>
/// </remarks>
public sealed record TpmKeyFile
{
    /// <summary>The most a file may have, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>TPM_RH_OWNER: the parent is the owner's ECC P-256 storage primary.</summary>
    public const uint OwnerHierarchy = 0x40000001;

    public TpmKeyFileKind Kind { get; init; } = TpmKeyFileKind.Loadable;

    /// <summary>[0]: true if the key's authorization value is empty; null where the file does not say, which means it is not.</summary>
    public bool? EmptyAuth { get; init; }

    /// <summary>[1]: the policy for every use of the key; null in files for common programs.</summary>
    public IReadOnlyList<PolicyStep>? Policy { get; init; }

    /// <summary>[2]: the TPM2B_ENCRYPTED_SECRET, with its size, of an importable key; else null.</summary>
    public byte[]? Secret { get; init; }

    /// <summary>[3]: alternative policies for use of the key; null in files for common programs.</summary>
    public IReadOnlyList<TpmAuthPolicy>? AuthPolicies { get; init; }

    /// <summary>[4]: free text; null in files for common programs.</summary>
    public string? Description { get; init; }

    /// <summary>[5]: whether the hierarchy's primary is the RSA 2048 one; null in files for common programs.</summary>
    public bool? RsaParent { get; init; }

    /// <summary>
    /// A persistent handle (0x81......), or a hierarchy (0x40......) whose primary is the ECC P-256 storage key; 0 is read as the owner's
    /// by other programs. For a key under a parent that is itself a file, TPM_RH_NULL (0x40000007) says that no handle will do.
    /// </summary>
    public required uint Parent { get; init; }

    /// <summary>TPM2B_PUBLIC with its size.</summary>
    public required byte[] Public { get; init; }

    /// <summary>TPM2B_PRIVATE with its size: encrypted by the parent, or the duplicate of an importable key.</summary>
    public required byte[] Private { get; init; }

    /// <summary>The branches of the key's policy for duplication, from the text before the PEM block; null where there is none.</summary>
    public IReadOnlyList<IReadOnlyList<PolicyStep>>? DuplicationPolicy { get; init; }

    /// <summary>Reads a file from disk.</summary>
    /// <exception cref="KeyFileException">It is no key file, or a damaged one; the message names it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TpmKeyFile Load(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return FromPem(TpmKeyPem.ReadLimited(stream));
        }
        catch (KeyFileException e)
        {
            throw new KeyFileException(e.Fault, $"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads the text of a file. Text before BEGIN is allowed, only white space after END.</summary>
    /// <exception cref="KeyFileException">The text is no key file.</exception>
    public static TpmKeyFile FromPem(byte[] text) => TpmKeyPem.Read(text ?? throw new ArgumentNullException(nameof(text)));

    /// <summary>Reads a TPMKey.</summary>
    /// <exception cref="KeyFileException">The bytes are no TPMKey in DER.</exception>
    public static TpmKeyFile FromDer(byte[] der)
    {
        if (der is null) throw new ArgumentNullException(nameof(der));
        if (der.Length > MaxBytes) throw TpmKeyPem.TooLarge();
        return TpmKeyFileReader.Read(der);
    }

    /// <summary>The TPMKey, without the duplication policy, which has no place in it.</summary>
    /// <exception cref="KeyFileException">The properties do not make a valid key file; it says which.</exception>
    public byte[] ToDer()
    {
        byte[] der = TpmKeyFileWriter.Write(this);
        FromDer(der);
        return der;
    }

    /// <summary>The whole file, ASCII with line feeds.</summary>
    /// <exception cref="KeyFileException">The properties do not make a valid key file; it says which.</exception>
    public byte[] ToPem() => TpmKeyPem.Write(this);
}
