using TpmMigration.Authority.Contract;
using TpmMigration.Documents;

namespace TpmMigration.Authority.Soap;

/// <summary>A message that was read: what is asked, by whom, and the rest of it.</summary>
/// <param name="Operation">By the element in the body.</param>
/// <param name="Token">Of operations that take one; not looked into yet.</param>
/// <param name="Message">The element in the body, whose token was read.</param>
internal sealed record SoapRequest(MigrationOperation Operation, byte[]? Token, StrictElement Message)
{
    /// <summary>Whether an operation is for clients that have authenticated.</summary>
    internal static bool TakesToken(MigrationOperation operation) =>
        operation is MigrationOperation.Upload or MigrationOperation.Query or MigrationOperation.Download or MigrationOperation.Delete;
}
