using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Vault;

namespace TpmMigration.Authority.Clients;

/// <summary>
/// Keeps out whom the operator has blocked, whatever was given out to them before. Where something is changed or released, this is looked up in the
/// same transaction, so that nothing happens behind a block.
/// </summary>
internal static class ClientBlock
{
    /// <exception cref="AuthorityException">The client is blocked.</exception>
    internal static void Require(VaultTransaction transaction, byte[] client)
    {
        if (ClientVault.IsBlocked(transaction, client))
            throw new AuthorityException(AuthorityFault.ClientBlocked, "The operator of this Migration Authority has blocked this machine. Ask there.");
    }

    /// <inheritdoc cref="Require(VaultTransaction, byte[])"/>
    internal static void Require(VaultDatabase database, byte[] client) => database.Read(transaction =>
    {
        Require(transaction, client);
        return true;
    });
}
