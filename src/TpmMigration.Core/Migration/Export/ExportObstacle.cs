using System;
using System.Collections.Generic;

namespace TpmMigration.Migration;

/// <summary>What stands against the export of a key.</summary>
/// <param name="KeyName">The key it concerns, which may be one below the exported key; null for the destination.</param>
/// <param name="Cause">The error with which the export would end.</param>
public sealed record ExportObstacle(string? KeyName, Exception Cause);

/// <summary>What an export of a key would come to.</summary>
/// <param name="Below">The names of the keys that would go along, parents before children.</param>
/// <param name="Obstacles">What stands against it; empty if nothing is known to.</param>
public sealed record ExportPlan(IReadOnlyList<string> Below, IReadOnlyList<ExportObstacle> Obstacles);
