using System;
using System.Collections.Generic;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Administration;

/// <summary>Blocks clients and lets them in again. It takes effect with the next message, whatever token a client has.</summary>
internal sealed class ClientAdministration(VaultDatabase database, TimeProvider time)
{
    /// <summary>The least and the most bytes of a TPM name: an algorithm and a digest of SHA-1 to SHA-512.</summary>
    private const int LeastName = 2 + 20, MostName = 2 + 64;

    internal IReadOnlyList<ClientEntry> Page(byte[]? after, bool onlyBlocked, int most) =>
        database.Read(transaction => ClientVault.Page(transaction, after ?? [], onlyBlocked, most));

    /// <exception cref="AdministrationException">It was never seen.</exception>
    internal ClientEntry Find(byte[] client) => database.Read(transaction => ClientVault.Find(transaction, client)) ?? throw NotFound(client);

    /// <exception cref="AdministrationException">It is blocked already, or is no client's name.</exception>
    internal ClientEntry Block(byte[] client, string reason, Actor by)
    {
        if (client.Length is < LeastName or > MostName)
            throw new AdministrationException(AdministrationFault.Invalid, "A client is named by the TPM name of its endorsement key, in hexadecimal, as `tpm-ma client list` shows it.");
        return database.Write(transaction =>
        {
            if (!ClientVault.Block(transaction, client, reason, Now()))
                throw new AdministrationException(AdministrationFault.Conflict, $"The client {Hex.Format(client)} is blocked already.");
            AuditLog.Append(transaction, Now(), by.Event("ClientBlock", Hex.Format(client), reason, client));
            return ClientVault.Find(transaction, client)!;
        });
    }

    /// <exception cref="AdministrationException">It is not blocked, or was never seen.</exception>
    internal ClientEntry Unblock(byte[] client, string reason, Actor by) => database.Write(transaction =>
    {
        if (ClientVault.Find(transaction, client) == null) throw NotFound(client);
        if (!ClientVault.Unblock(transaction, client))
            throw new AdministrationException(AdministrationFault.Conflict, $"The client {Hex.Format(client)} is not blocked.");
        AuditLog.Append(transaction, Now(), by.Event("ClientUnblock", Hex.Format(client), reason, client));
        return ClientVault.Find(transaction, client)!;
    });

    private static AdministrationException NotFound(byte[] client) => new(AdministrationFault.NotFound, $"There is no client {Hex.Format(client)} here.");

    private DateTime Now() => time.GetUtcNow().UtcDateTime;
}
