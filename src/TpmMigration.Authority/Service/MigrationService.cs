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
using TpmMigration.Authority.Operations;
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
    private readonly RequestLimiter _limiter;
    private readonly AuthorityKeys _keys;
    private readonly ServiceInformation _information;
    private readonly ClientAuthentication _authentication;
    private readonly PackageOperations _packages;
    private readonly ReleaseOperations _releases;
    private volatile AuthorityKeyResponse? _key;

    internal MigrationService(AuthorityKeys keys, VaultDatabase database, ServiceLimits limits, TimeProvider time, RequestLimiter limiter)
    {
        (_keys, _database, _time, _limiter) = (keys, database, time, limiter);
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
            StorageKeyAlgorithm = keys.StorageKey.Algorithm,
            EndorsementKeyAlgorithms = [.. EndorsementTemplate.All.Select(template => KeyTemplates.AlgorithmOf(template.PublicArea))],
            Limits = limits,
        };
    }

    /// <summary>Answers a message.</summary>
    /// <param name="request">As it was read.</param>
    /// <param name="origin">The address that it came from.</param>
    /// <param name="note">Takes what becomes known.</param>
    /// <param name="administrator">The administrator who asks; null if it is none.</param>
    /// <exception cref="AuthorityException">It is refused.</exception>
    internal XElement Answer(SoapRequest request, string origin, RequestNote note, Administrator? administrator = null) => Audited(request.Operation, origin, note, audit =>
    {
        _keys.Refresh();
        if (!SoapRequest.TakesToken(request.Operation)) _limiter.RequireAddress(origin);
        switch (request.Operation)
        {
            case MigrationOperation.GetMAServiceInformation:
                request.Message.End();
                return (_information with { Time = Now(), StorageKeyAlgorithm = _keys.StorageKey.Algorithm, SelectionAuthorities = HonouredAuthorities() }).ToElement();
            case MigrationOperation.GetMAKey:
                request.Message.End();
                return Key().ToElement();
            case MigrationOperation.Authenticate:
                return _authentication.Begin(AuthenticateRequest.Read(request.Message), audit.Known).ToElement();
            case MigrationOperation.CompleteAuthentication:
                CompleteAuthenticationResponse completed = _authentication.Complete(CompleteAuthenticationRequest.Read(request.Message), audit.Known);
                _database.Write(transaction =>
                {
                    ClientBlock.Require(transaction, completed.Client);
                    ClientRegister.Proved(transaction, completed.Client, completed.AttestationKey, Now());
                    AuditLog.Append(transaction, Now(), audit.Event);
                    return true;
                });
                return completed.ToElement();
            case MigrationOperation.Query when request.Token == null:
                return QueryAll(request, administrator, origin).ToElement();
            default:
                return Answer(request, RequireClient(request.Token!, audit), audit);
        }
    });

    /// <summary>Sees to it that the sender of a long message is known, before the rest of it is read.</summary>
    /// <exception cref="AuthorityException">The message is not to be read on.</exception>
    internal void RequireSender(MigrationOperation operation, byte[]? token, string origin, RequestNote note) => Audited<ClientToken>(operation, origin, note, audit =>
    {
        bool mayBeLong = operation is MigrationOperation.Upload or MigrationOperation.Query or MigrationOperation.Download;
        // It is counted here and once more when all of it is there: a long message costs as much as two.
        if (mayBeLong && token != null) return RequireClient(token, audit);
        _limiter.RequireAddress(origin);
        throw TooLarge();
    });

    /// <summary>Refuses a message of a known client that is longer than any.</summary>
    /// <exception cref="AuthorityException">Always.</exception>
    internal XElement RefuseTooLarge(MigrationOperation operation, byte[] token, string origin, RequestNote note) => Audited<XElement>(operation, origin, note, audit =>
    {
        RequireClient(token, audit);
        throw TooLarge();
    });

    public void Dispose() => _authentication.Dispose();

    /// <summary>The client whose token it is. Who has none that holds is counted by address.</summary>
    private ClientToken RequireClient(byte[] token, AuditScope audit)
    {
        ClientToken client;
        try
        {
            client = _authentication.RequireClient(token, audit.Known);
        }
        catch (AuthorityException)
        {
            _limiter.RequireAddress(audit.Event.Origin);
            throw;
        }
        audit.IsAuthenticated = true;
        _limiter.RequireClient(client.Client);
        return client;
    }

    /// <summary>All packages, for an administrator of any role.</summary>
    private QueryResponse QueryAll(SoapRequest request, Administrator? administrator, string origin)
    {
        if (administrator == null)
        {
            _limiter.RequireAddress(origin);
            throw new AuthorityException(AuthorityFault.AdministratorRequired, "Without a token, packages are told to administrators only. Authenticate first, or show the client certificate of one.");
        }
        _limiter.RequireClient(administrator.Fingerprint);
        QueryRequest query = QueryRequest.Read(request.Message);
        return query.Approved || query.Approvals.Count != 0
            ? throw new AuthorityException(AuthorityFault.Malformed, "Approvals are for clients, which have a token.")
            : _packages.QueryAll(query);
    }

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

    /// <summary>The newest storage key, signed; made anew when there is another.</summary>
    private AuthorityKeyResponse Key()
    {
        TpmtPublic newest = _keys.StorageKey.Area;
        if (_key is { } known && known.Public == newest) return known;
        var key = new MigrationAuthorityKey { AuthorityName = _keys.Name, Created = Now(), Parent = newest };
        return _key = new AuthorityKeyResponse([_keys.SigningCertificate.RawData], newest, Encoding.UTF8.GetBytes(AuthorityKeyDocument.Write(key, _keys.Signer)));
    }

    /// <summary>Notes what is refused. What is merely no message leaves no record: anybody could fill the trail with that.</summary>
    private T Audited<T>(MigrationOperation operation, string origin, RequestNote note, Func<AuditScope, T> work)
    {
        var audit = new AuditScope(new AuditEvent { Name = operation.ToString(), Origin = origin });
        note.Operation = audit.Event.Name;
        try
        {
            return work(audit);
        }
        catch (AuthorityException e) when (e.Fault is not (AuthorityFault.Malformed or AuthorityFault.Unavailable))
        {
            if (!_limiter.MayRecord(e.Fault, origin, audit.IsAuthenticated ? audit.Event.Client : null)) throw;
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
        finally
        {
            (note.Client, note.Subject) = (audit.Event.Client, audit.Event.Subject);
        }
    }

    private DateTime Now() => _time.GetUtcNow().UtcDateTime;

    /// <summary>What becomes known of an event while it happens.</summary>
    private sealed class AuditScope(AuditEvent start)
    {
        internal AuditEvent Event { get; set; } = start;

        /// <summary>Whether the client of the event has proved that it is it.</summary>
        internal bool IsAuthenticated { get; set; }

        internal void Known(byte[] client) => Event = Event with { Client = client };

        internal void About(Guid package) => Event = Event with { Subject = package.ToString("D") };
    }
}
