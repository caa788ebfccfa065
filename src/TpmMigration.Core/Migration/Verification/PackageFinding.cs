using System;

namespace TpmMigration.Migration;

/// <summary>What is asked of a package, in this order.</summary>
public enum PackageCheck
{
    /// <summary>Size, XML, limits, schema.</summary>
    Form,

    /// <summary>One signature, of the one form, over the whole document, by the key it names.</summary>
    Signature,

    /// <summary>TPM names, policies and parents fit the public areas.</summary>
    Integrity,

    /// <summary>The signer is registered here for packages.</summary>
    Trust,

    /// <summary>The Owner's approvals fit keys, destination and source.</summary>
    Approvals,

    /// <summary>The new parent is in this machine's TPM.</summary>
    Destination,

    /// <summary>The TPM takes the key in under it, the key works, and its data opens.</summary>
    Key,
}

/// <summary>How a check ended.</summary>
public enum CheckVerdict
{
    Passed,
    Failed,

    /// <summary>It could not be made, or was not asked for.</summary>
    NotChecked,
}

/// <summary>The end of one check.</summary>
/// <param name="Check">What was asked.</param>
/// <param name="Verdict">The answer.</param>
/// <param name="KeyName">The key it concerns; null for the package as a whole.</param>
/// <param name="Reason">A sentence that says why.</param>
/// <param name="Cause">The error with which an import would end; null unless it failed.</param>
public sealed record PackageFinding(PackageCheck Check, CheckVerdict Verdict, string? KeyName, string Reason, Exception? Cause = null);
