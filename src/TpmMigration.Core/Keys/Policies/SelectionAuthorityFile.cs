using System.Collections.Generic;
using System.Linq;
using TpmMigration.Signatures;

namespace TpmMigration.Keys;

/// <summary>A Migration Selection Authority as a file names it: a certificate or a public key, in DER or PEM. RFC 7468.</summary>
public static class SelectionAuthorityFile
{
    /// <param name="content">The file. Of several certificates the first is the authority's; the others are those above it.</param>
    /// <exception cref="SignatureException">It holds neither, or a key that not every TPM verifies.</exception>
    public static SelectionAuthority Read(byte[] content)
    {
        if (!PemBlock.IsIn(content)) return FromDer(content);
        IReadOnlyList<PemBlock> blocks;
        try
        {
            blocks = PemBlock.ReadAll(content);
        }
        catch (KeySourceException e)
        {
            throw new SignatureException(SignatureFault.Key, "The file of the Migration Selection Authority is damaged. " + e.Message, e);
        }
        try
        {
            PemBlock block = blocks.FirstOrDefault(each => each.Label is "CERTIFICATE" or "PUBLIC KEY")
                ?? throw new SignatureException(SignatureFault.Key, "The file holds neither a certificate nor a public key. A Migration Selection Authority hands out one of these, and never its private key.");
            // The block clears what it holds; the certificate is kept.
            return block.Label == "CERTIFICATE" ? SelectionAuthority.FromCertificate([.. block.Der]) : SelectionAuthority.FromPublicKey(block.Der);
        }
        finally
        {
            foreach (PemBlock block in blocks) block.Dispose();
        }
    }

    private static SelectionAuthority FromDer(byte[] content)
    {
        try
        {
            return SelectionAuthority.FromPublicKey(content);
        }
        catch (SignatureException e) when (e.InnerException != null)
        {
            return SelectionAuthority.FromCertificate(content);
        }
    }
}
