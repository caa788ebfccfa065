using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using TpmMigration.Approvals;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>
/// The operations of a Migration Authority, schemas/MigrationService.wsdl. What failed for a passing reason is asked again a few times, except where
/// that could do harm. Answers are held against what was asked.
/// </summary>
public sealed class MaServiceClient : IDisposable
{
    // Ample for a page of packages, and for the certificates of an authority.
    private const int MostAnswerBytes = 4 * 1024 * 1024;

    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellation;
    private MaChannel? _channel;
    private MaServiceInformation? _information;

    /// <param name="address">The service.</param>
    /// <param name="timeout">For one request and its answer.</param>
    /// <param name="cancellation">Ends waiting at once.</param>
    public MaServiceClient(MaServiceAddress address, TimeSpan timeout, CancellationToken cancellation)
    {
        Address = address;
        _timeout = timeout;
        _cancellation = cancellation;
    }

    public MaServiceAddress Address { get; }

    /// <summary>Called a few times a second while an answer is awaited, in the thread that awaits it.</summary>
    public Action? Waiting { get; set; }

    /// <summary>Is told why a request is sent again.</summary>
    public Action<string>? Retrying { get; set; }

    /// <exception cref="MaServiceException">There is no answer that can be used.</exception>
    public MaServiceInformation GetServiceInformation() => _information ??= Read("GetMAServiceInformation", Ask(new MaMessage("GetMAServiceInformation")), MaServiceInformation.Read);

    /// <summary>The storage key, by the signed document alone.</summary>
    /// <exception cref="MaServiceException">There is no answer that can be used.</exception>
    /// <exception cref="DestinationException">What came is no such document.</exception>
    /// <exception cref="Signatures.SignatureException">Its signature does not hold.</exception>
    public MaKeyAnswer GetKey() => Read("GetMAKey", Ask(new MaMessage("GetMAKey")), MaKeyAnswer.Read);

    /// <summary>Sends a package, which is on disk there when this returns.</summary>
    /// <param name="token">This machine's.</param>
    /// <param name="id">The id in the package.</param>
    /// <param name="package">The document.</param>
    /// <exception cref="MaServiceException">The service refuses, or acknowledges something else.</exception>
    public MaUploadReceipt Upload(MaToken token, Guid id, byte[] package)
    {
        // A service that reads no further hangs up, and its reason may be lost with the connection.
        if (package.Length > GetServiceInformation().MostPackageBytes)
            throw new MaServiceException(MaServiceFault.PackageTooLarge, $"The package has {package.Length} bytes, and this Migration Authority takes {GetServiceInformation().MostPackageBytes}.");
        MaUploadReceipt receipt = Read("Upload", Ask(new MaMessage("Upload", ("Token", token.Value), ("Package", package))), MaUploadReceipt.Read);
        if (receipt.PackageId != id || !SecretBytes.FixedTimeEquals(receipt.Digest, TpmHash.Digest(TpmAlgId.Sha256, package)))
            throw Refused("acknowledges another package than the one that was sent");
        return receipt;
    }

    /// <summary>A page of the packages that a query finds.</summary>
    /// <param name="token">This machine's.</param>
    /// <param name="query">What is looked for.</param>
    /// <param name="after">Next of the page before; null for the first.</param>
    /// <exception cref="MaServiceException">The service refuses, or answers with something else.</exception>
    public MaPackagePage Query(MaToken token, MaPackageQuery query, string? after)
    {
        MaPackagePage page = Read("Query", Ask(new MaMessage("Query", [
            ("Token", token.Value), ("Client", Hexadecimal(query.Client)), ("PackageId", query.PackageId?.ToString("D")), ("After", after),
            ("Approved", query.IsApproved ? true : null), .. Approvals(query.Approvals)])), MaPackagePage.Read);
        if (page.Entries.Any(entry => !IsAskedFor(token, query, entry))) throw Refused("lists a package that was not asked for");
        if (page.Next != null && (page.Entries.Count == 0 || page.Next == after)) throw Refused("lists packages without end");
        return page;
    }

    /// <summary>Gets a package, wrapped for this machine. It is for the caller to hold against what was asked for, see <see cref="MaDelivery"/>.</summary>
    /// <param name="token">This machine's.</param>
    /// <param name="order">Which package, and how.</param>
    /// <param name="mostBytes">Of the package.</param>
    /// <exception cref="MaServiceException">The service refuses, or sends more.</exception>
    public byte[] Download(MaToken token, MaOrder order, long mostBytes)
    {
        int most = (int)Math.Min(int.MaxValue - 1, mostBytes / 3 * 4 + mostBytes / 16 + MostAnswerBytes);
        using var channel = new MaChannel(Address, _timeout, most);
        StrictElement answer = Ask(channel, new MaMessage("Download", [
            ("Token", token.Value), ("PackageId", order.PackageId.ToString("D")), ("Client", Hexadecimal(order.Client)),
            ("ToEndorsementKey", order.ToEndorsementKey ? true : null), .. Approvals(order.Approvals)]));
        return Read("Download", answer, element =>
        {
            byte[] package = element.Child("Package").Base64();
            element.End();
            return package;
        });
    }

    /// <summary>Has a package of this machine's removed.</summary>
    /// <exception cref="MaServiceException">The service refuses, or removed something else.</exception>
    public MaDeletionReceipt Delete(MaToken token, Guid id)
    {
        MaDeletionReceipt receipt = Read("Delete", Ask(new MaMessage("Delete", ("Token", token.Value), ("PackageId", id.ToString("D")))), MaDeletionReceipt.Read);
        return receipt.PackageId == id ? receipt : throw Refused("removed another package than the one that was named");
    }

    public void Dispose() => _channel?.Dispose();

    internal MaChallenge Authenticate(TpmtPublic endorsementKey, IReadOnlyList<byte[]> certificates, TpmtPublic attestationKey) =>
        Read("Authenticate", Ask(new MaMessage("Authenticate", [
            ("EndorsementKey", endorsementKey.Marshal()), .. certificates.Select(c => ("EndorsementCertificate", (object?)c)), ("AttestationKey", attestationKey.Marshal())])), MaChallenge.Read);

    /// <summary>Answers a challenge. Not asked again: the service takes one answer.</summary>
    internal MaToken CompleteAuthentication(MaChallenge challenge, byte[] secret, TpmtPublic storageKey, byte[] statement, byte[] signature) =>
        Read("CompleteAuthentication", Channel.Ask(
            new MaMessage("CompleteAuthentication", ("Challenge", challenge.Challenge), ("Secret", secret), ("StorageKey", storageKey.Marshal()), ("Statement", statement), ("Signature", signature)),
            Waiting, _cancellation), answer => MaToken.Read(answer, storageKey));

    internal MaServiceException Refused(string what, Exception? cause = null) =>
        new(MaServiceFault.AnswerRefused, $"'{Address}' {what}. Do not trust it, or what lies between, before the cause is known.", cause);

    private MaChannel Channel => _channel ??= new MaChannel(Address, _timeout, MostAnswerBytes);

    private StrictElement Ask(MaMessage message) => Ask(Channel, message);

    private StrictElement Ask(MaChannel channel, MaMessage message) => MaRetry.Run(() => channel.Ask(message, Waiting, _cancellation), Retrying, _cancellation);

    private T Read<T>(string operation, StrictElement answer, Func<StrictElement, T> read)
    {
        try
        {
            return read(answer);
        }
        catch (DocumentFormatException e)
        {
            throw new MaServiceException(MaServiceFault.NotTheService, $"'{Address}' answers {operation} as no Migration Authority does, or one of another version. {e.Message}", e);
        }
    }

    private static bool IsAskedFor(MaToken token, MaPackageQuery query, MaPackageEntry entry)
    {
        byte[]? client = query.Client ?? (query.IsApproved ? null : token.Client);
        return (client == null || SecretBytes.FixedTimeEquals(client, entry.Client)) && (query.PackageId == null || query.PackageId == entry.PackageId);
    }

    private static IEnumerable<(string, object?)> Approvals(IReadOnlyList<byte[]> approvals) => approvals.Select(a => ("Approval", (object?)a));

    private static string? Hexadecimal(byte[]? bytes) => bytes == null ? null : Hex.Format(bytes);
}
