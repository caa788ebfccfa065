using System;
using System.Collections.Generic;
using System.Globalization;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Whose password was asked for.</summary>
public enum AuthorizationSubject
{
    Key,
    Parent,
    Owner,
}

/// <summary>A password is wrong or missing, or the TPM takes none for now.</summary>
public sealed class KeyAuthorizationException : Exception
{
    private KeyAuthorizationException(AuthorizationSubject subject, TimeSpan? lockout, string message, Exception? innerException)
        : base(message, innerException)
    {
        Subject = subject;
        Lockout = lockout;
    }

    public AuthorizationSubject Subject { get; }

    /// <summary>In lockout: how long until the TPM forgets one failure and takes the next password. Otherwise null.</summary>
    public TimeSpan? Lockout { get; }

    /// <summary>Whether the TPM was asked and refused, which it may count towards lockout.</summary>
    public bool WasTried => InnerException != null;

    /// <summary>A key is known to have a password, and none was given: the TPM is not even asked.</summary>
    public static KeyAuthorizationException MissingFor(string key) =>
        new(AuthorizationSubject.Key, null, $"The key '{key}' has a password, and none was given. Give it with -KeyPassword.", null);

    /// <summary>As <see cref="MissingFor"/>, of a parent.</summary>
    public static KeyAuthorizationException MissingForParent(string parent) =>
        new(AuthorizationSubject.Parent, null, $"The parent key '{parent}' has a password, and none was given. Give it with -ParentPassword.", null);

    /// <summary>The TPM Owner is known to have a password, and none was given.</summary>
    public static KeyAuthorizationException MissingForOwner() =>
        new(AuthorizationSubject.Owner, null, "The TPM Owner has a password, and none was given. Give it with -OwnerPassword.", null);

    /// <summary>Runs commands that use a password, and says in words when the TPM does not accept it.</summary>
    /// <param name="device">The TPM, asked for its lockout state if it refuses.</param>
    /// <param name="subject">Whose password is used.</param>
    /// <param name="name">The key's name; unused for the owner.</param>
    /// <param name="run">The commands.</param>
    public static T Explain<T>(TpmDevice device, AuthorizationSubject subject, string name, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (TpmException e) when (e.Code == TpmRc.AuthFail || e.Code == TpmRc.BadAuth)
        {
            throw new KeyAuthorizationException(subject, null, WrongPassword(device, subject, name, e), e);
        }
        catch (TpmException e) when (e.Code == TpmRc.Lockout)
        {
            TimeSpan wait = LockoutInterval(device);
            throw new KeyAuthorizationException(subject, wait, string.Format(
                CultureInfo.InvariantCulture,
                "The TPM is in lockout after too many wrong passwords and takes none for now. It forgets one failure every {0}: wait that long, or have whoever holds the lockout password reset it.",
                Words(wait)), e);
        }
    }

    private static string WrongPassword(TpmDevice device, AuthorizationSubject subject, string name, TpmException refusal)
    {
        string text = subject switch
        {
            AuthorizationSubject.Owner => "The password of the TPM Owner is wrong or missing.",
            AuthorizationSubject.Parent => $"The password of the parent key '{name}' is wrong or missing.",
            _ => $"The password of the key '{name}' is wrong or missing.",
        };
        if (refusal.Code != TpmRc.AuthFail) return text;
        IReadOnlyDictionary<TpmPt, uint> state = device.GetProperties(TpmPt.LockoutCounter, 2);
        return state.TryGetValue(TpmPt.LockoutCounter, out uint failures) && state.TryGetValue(TpmPt.MaxAuthFail, out uint most)
            ? string.Format(CultureInfo.InvariantCulture, "{0} The TPM counts {1} of {2} failures before it locks out.", text, failures, most)
            : text;
    }

    private static TimeSpan LockoutInterval(TpmDevice device) =>
        TimeSpan.FromSeconds(device.GetProperties(TpmPt.LockoutInterval, 1).TryGetValue(TpmPt.LockoutInterval, out uint seconds) ? seconds : 0);

    private static string Words(TimeSpan time) => time < TimeSpan.FromMinutes(2)
        ? string.Format(CultureInfo.InvariantCulture, "{0:0} seconds", time.TotalSeconds)
        : time < TimeSpan.FromHours(2)
            ? string.Format(CultureInfo.InvariantCulture, "{0:0} minutes", time.TotalMinutes)
            : string.Format(CultureInfo.InvariantCulture, "{0:0.#} hours", time.TotalHours);
}
