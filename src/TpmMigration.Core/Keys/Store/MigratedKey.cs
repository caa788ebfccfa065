using System;

namespace TpmMigration.Keys;

/// <summary>A key that moved to another machine: its receipt was checked, and it was removed here.</summary>
/// <param name="Name">The name it had in this store.</param>
/// <param name="TpmName">Its TPM name (algorithm and digest), which it has there too.</param>
/// <param name="Time">When it was removed here; UTC.</param>
/// <param name="DestinationHost">The host that the receipt names.</param>
/// <param name="DestinationName">The TPM name of the parent that the package was wrapped to.</param>
/// <param name="PackageId">The migration package it went with.</param>
/// <param name="ReceiptId">The destination's receipt.</param>
public sealed record MigratedKey(string Name, byte[] TpmName, DateTime Time, string DestinationHost, byte[] DestinationName, Guid PackageId, Guid ReceiptId);
