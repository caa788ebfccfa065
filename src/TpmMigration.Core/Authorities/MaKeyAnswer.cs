using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>The storage key of a Migration Authority, by its signed document.</summary>
/// <param name="Key">What the document says; its signature holds.</param>
/// <param name="Document">The document itself.</param>
public sealed record MaKeyAnswer(MigrationAuthorityKey Key, string Document)
{
    private const int MostCertificates = 16;

    internal static MaKeyAnswer Read(StrictElement answer)
    {
        _ = answer.Children("Certificate").Take(MostCertificates).Select(c => c.Base64()).ToList();
        byte[] area = answer.Child("Public").Base64();
        byte[] name = answer.Child("Name").HexBinary();
        byte[] document = answer.Child("Document").Base64();
        answer.End();
        string text = new UTF8Encoding(false).GetString(document);
        MigrationAuthorityKey key = AuthorityKeyDocument.Read(text);
        if (!SecretBytes.FixedTimeEquals(key.Parent.Name, name) || !SecretBytes.FixedTimeEquals(key.Parent.Marshal(), area))
            throw new DestinationException(DestinationFault.Altered, "The Migration Authority names another storage key than the one that it signed. Do not trust it, or what lies between, before the cause is known.");
        return new MaKeyAnswer(key, text);
    }
}
