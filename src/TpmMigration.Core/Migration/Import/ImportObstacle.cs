using System;

namespace TpmMigration.Migration;

/// <summary>What stands against the import of a package.</summary>
/// <param name="KeyName">The key it concerns, by its name in the package; null for the package as a whole.</param>
/// <param name="Cause">The error with which the import would end.</param>
public sealed record ImportObstacle(string? KeyName, Exception Cause);
