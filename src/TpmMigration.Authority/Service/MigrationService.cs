using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Release;
using TpmMigration.Authority.Soap;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Service;

/// <summary>The operations of the contract. Whoever tried something and was refused is in the audit trail, like what was done.</summary>
internal sealed class MigrationService : IDisposable
{
    private readonly VaultDatabase _database;
    private readonly TimeProvider _time;
    private readonly ServiceInformation _information;
    private readonly AuthorityKeyResponse _key;
    private readonly ClientAuthentication _authentication;
    private readonly PackageOperations _packages;
    private readonly ReleaseOperations _releases;

    internal MigrationService(AuthorityKeys keys, VaultDatabase database, ServiceLimits limits, TimeProvider time)
    {
        (_database, _time) = (database, time);
        _authentication = new ClientAuthentication(keys, database, time);
        var seal = new PackageSeal(keys.StateSecret);
        _packages = new PackageOperations(keys, database, limits, seal, time);
        _releases = new ReleaseOperations(keys, database, limits, seal, time);
        _information = new ServiceInformation
        {
            Name = keys.Name,
            Version = typeof(MigrationService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
            Time = Now(),
            Operations = Enum.GetValues<MigrationOperation>(),
            StorageKeyAlgorithm = KeyTemplates.AlgorithmOf(keys.StorageArea),
            EndorsementKeyAlgorithms = [.. EndorsementTemplate.All.Select(template => KeyTemplates.AlgorithmOf(template.PublicArea))],
            Limits = limits,
        };
        var key = new MigrationAuthorityKey { AuthorityName = keys.Name, Created = Now(), Parent = keys.StorageArea };
        _key = new AuthorityKeyResponse([keys.SigningCertificate.RawData], keys.StorageArea, Encoding.UTF8.GetBytes(AuthorityKeyDocument.Write(key, keys.Signer)));
    }

    /// <summary>Answers a message.</summary>
    /// <param name="request">As it was read.</param>
    /// <param name="origin">The address that it came from.</param>
    /// <exception cref="AuthorityException">It is refused.</exception>
    internal XElement Answer(SoapRequest request, string origin) => Audited(request.Operation, origin, audit =>
    {
        switch (request.Operation)
        {
            case MigrationOperation.GetMAServiceInformation:
                request.Message.End();
                return (_information with { Time = Now(), SelectionAuthorities = HonouredAuthorities() }).ToElement();
            case MigrationOperation.GetMAKey:
                request.Message.End();
                return _key.ToElement();
            case MigrationOperation.Authenticate:
                return _authentication.Begin(AuthenticateRequest.Read(request.Message), audit.Known).ToElement();
            case MigrationOperation.CompleteAuthentication:
                CompleteAuthenticationResponse completed = _authentication.Complete(CompleteAuthenticationRequest.Read(request.Message), audit.Known);
                _database.Write(transaction =>
                {
                    ClientRegister.Proved(transaction, completed.Client, completed.AttestationKey, Now());
                    AuditLog.Append(transaction, Now(), audit.Event);
                    return true;
                });
                return completed.ToElement();
            default:
                return Answer(request, _authentication.RequireClient(request.Token!, audit.Known), audit);
        }
    });

    /// <summary>Sees to it that the sender of a long message is known, before the rest of it is read.</summary>
    /// <exception cref="AuthorityException">The message is not to be read on.</exception>
    internal void RequireSender(MigrationOperation operation, byte[]? token, string origin) => Audited<ClientToken>(operation, origin, audit =>
    {
        if (operation is not (MigrationOperation.Upload or MigrationOperation.Query or MigrationOperation.Download) || token == null) throw TooLarge();
        return _authentication.RequireClient(token, audit.Known);
    });

    /// <summary>Refuses a message of a known client that is longer than any.</summary>
    /// <exception cref="AuthorityException">Always.</exception>
    internal XElement RefuseTooLarge(MigrationOperation operation, byte[] token, string origin) => Audited<XElement>(operation, origin, audit =>
    {
        _authentication.RequireClient(token, audit.Known);
        throw TooLarge();
    });

    public void Dispose() => _authentication.Dispose();

    private static AuthorityException TooLarge() => new(AuthorityFault.TooLarge, "The message is larger than this service takes in.");

    private XElement Answer(SoapRequest request, ClientToken client, AuditScope audit)
    {
        switch (request.Operation)
        {
            case MigrationOperation.Upload:
                return _packages.Upload(client, UploadRequest.Read(request.Message), audit.Event).ToElement();
            case MigrationOperation.Query:
                QueryRequest query = QueryRequest.Read(request.Message);
                return (query.Approved ? _releases.Query(client, query) : _packages.Query(client, query)).ToElement();
            case MigrationOperation.Delete:
                DeleteRequest delete = DeleteRequest.Read(request.Message);
                audit.About(delete.PackageId);
                return _packages.Delete(client, delete, audit.Event).ToElement();
            default:
                DownloadRequest download = DownloadRequest.Read(request.Message);
                audit.About(download.PackageId);
                return _releases.Download(client, download, audit.Event).ToElement();
        }
    }

    private IReadOnlyList<(byte[] Name, string Description)> HonouredAuthorities() => _database.Read(transaction =>
        TrustList.All(transaction).Where(entry => entry.Kind == TrustedKind.SelectionAuthority).Select(entry => (entry.Fingerprint, entry.Label)).ToList());

    /// <summary>Notes what is refused. What is merely no message leaves no record: anybody could fill the trail with that.</summary>
    private T Audited<T>(MigrationOperation operation, string origin, Func<AuditScope, T> work)
    {
        var audit = new AuditScope(new AuditEvent { Name = operation.ToString(), Origin = origin });
        try
        {
            return work(audit);
        }
        catch (AuthorityException e) when (e.Fault is not (AuthorityFault.Malformed or AuthorityFault.Unavailable))
        {
            _database.Write(transaction =>
            {
                AuditLog.Append(transaction, Now(), audit.Event with { Outcome = e.Fault.ToString(), Detail = e.Message });
                return true;
            });
            throw;
        }
        catch (Documents.DocumentFormatException e)
        {
            throw new AuthorityException(AuthorityFault.Malformed, "This is no message of the contract. " + e.Message, e);
        }
    }

    private DateTime Now() => _time.GetUtcNow().UtcDateTime;

    /// <summary>What becomes known of an event while it happens.</summary>
    private sealed class AuditScope(AuditEvent start)
    {
        internal AuditEvent Event { get; set; } = start;

        internal void Known(byte[] client) => Event = Event with { Client = client };

        internal void About(Guid package) => Event = Event with { Subject = package.ToString("D") };
    }
}
