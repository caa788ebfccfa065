using System;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using TpmMigration.Signatures;

namespace TpmMigration.Keys;

/// <summary>
/// Looks through what an encrypted file says of how its password is to be hashed, before it is done: a hostile file would have it go on
/// for hours. The library bounds the iterations and not the length of the key. RFC 8018, A.2.
/// </summary>
internal static class PasswordHashing
{
    private const int MostKeyBytes = 64, MostDepth = 32;

    /// <summary>Looks through a file; one that is no DER is left to its reader.</summary>
    /// <inheritdoc cref="RequireBounded(Asn1Encodable)"/>
    internal static void RequireBounded(byte[] content) => Walk(Parse(content), 0);

    /// <exception cref="KeySourceException">The hashing would make a key longer than any cipher's.</exception>
    internal static void RequireBounded(Asn1Encodable element) => Walk(element, 0);

    private static void Walk(Asn1Encodable? element, int depth)
    {
        if (depth > MostDepth) return;
        switch (element?.ToAsn1Object())
        {
            case Asn1Sequence sequence:
                if (sequence.Count == 2 && sequence[0] is DerObjectIdentifier { Id: var id } && id == PkcsObjectIdentifiers.IdPbkdf2.Id) RequireKeyLength(sequence[1]);
                foreach (Asn1Encodable child in sequence) Walk(child, depth + 1);
                break;
            case Asn1Set set:
                foreach (Asn1Encodable child in set) Walk(child, depth + 1);
                break;
            case Asn1TaggedObject tagged:
                Walk(tagged.GetBaseObject(), depth + 1);
                break;
            // What a PFX has within octet strings; others hold something else.
            case Asn1OctetString octets:
                Walk(Parse(octets.GetOctets()), depth + 1);
                break;
        }
    }

    private static Asn1Object? Parse(byte[] content)
    {
        if (content.Length < 2 || content[0] != 0x30) return null;
        try
        {
            return Asn1Object.FromByteArray(content);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            return null;
        }
    }

    private static void RequireKeyLength(Asn1Encodable parameters)
    {
        if (parameters.ToAsn1Object() is not Asn1Sequence sequence) return;
        for (int i = 2; i < sequence.Count; i++)
        {
            // Behind salt and iterations there is no other number.
            if (sequence[i] is DerInteger length && (length.Value.SignValue <= 0 || length.Value.BitLength > 31 || length.Value.IntValue > MostKeyBytes))
                throw new KeySourceException(KeySourceFault.Unsupported, "The file asks for a key of a length that no cipher has. It is damaged, or hostile.");
        }
    }
}
