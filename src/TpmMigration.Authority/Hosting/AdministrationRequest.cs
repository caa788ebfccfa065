using System;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>What an administrator's request names, in its path and behind it.</summary>
/// <param name="context">The request.</param>
/// <param name="mostPage">Entries of the largest page.</param>
internal sealed class AdministrationRequest(HttpContext context, int mostPage)
{
    /// <summary>The client in the path.</summary>
    /// <exception cref="AdministrationException">It is no name.</exception>
    internal byte[] Client => Hex.TryParse((string)context.Request.RouteValues["client"]!) is { Length: > 0 } name ? name : throw Invalid("A client is named in hexadecimal in lower case.");

    /// <summary>The package in the path.</summary>
    internal Guid Id => Guid.Parse((string)context.Request.RouteValues["id"]!);

    /// <summary>How many entries.</summary>
    /// <exception cref="AdministrationException">It is no number from 1.</exception>
    internal int Most => Query("most") is not { } text
        ? mostPage
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int most) && most > 0 ? Math.Min(most, mostPage) : throw Invalid("most is a number from 1.");

    /// <summary>Behind which package, CLIENT:ID.</summary>
    /// <exception cref="AdministrationException">It is no position.</exception>
    internal PackagePosition? After => Query("after") is { } text ? PackagePosition.TryParse(text) ?? throw Invalid("after is CLIENT:ID of the last entry of the page before.") : null;

    /// <summary>Behind which record of the audit trail.</summary>
    /// <exception cref="AdministrationException">It is no number.</exception>
    internal long Sequence => Query("after") is not { } text
        ? 0
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long after) ? after : throw Invalid("after is the sequence of the last record of the page before.");

    /// <summary>Bytes behind the path; null if they are not there.</summary>
    /// <exception cref="AdministrationException">They are no hexadecimal.</exception>
    internal byte[]? Hexadecimal(string name) => Query(name) is { } text ? Hex.TryParse(text) ?? throw Invalid($"{name} is hexadecimal in lower case.") : null;

    internal string? Query(string name) => context.Request.Query[name] is { Count: 1 } value ? value[0] : null;

    private static AdministrationException Invalid(string message) => new(AdministrationFault.Invalid, message);
}
