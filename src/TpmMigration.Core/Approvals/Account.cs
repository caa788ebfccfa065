using System;

namespace TpmMigration.Approvals;

/// <summary>The account in whose name something is approved.</summary>
public static class Account
{
    public static string Current =>
        Environment.UserDomainName.Length == 0 || Environment.UserDomainName == Environment.MachineName
            ? Environment.UserName
            : Environment.UserDomainName + "\\" + Environment.UserName;
}
