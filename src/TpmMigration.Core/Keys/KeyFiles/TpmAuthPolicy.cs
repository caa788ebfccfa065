using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>A named alternative policy, TPMAuthPolicy of the TSS2 key file: a way to authorize use of a key signed after its creation.</summary>
/// <param name="Name">Free text, or null where the file has none.</param>
/// <param name="Steps">The policy commands in the order of execution.</param>
public sealed record TpmAuthPolicy(string? Name, IReadOnlyList<PolicyStep> Steps);
