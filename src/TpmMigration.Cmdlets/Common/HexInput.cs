using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>Bytes as users give them: an array, or hexadecimal digits in either case.</summary>
internal static class HexInput
{
    /// <param name="input">What was given.</param>
    /// <param name="what">The parameter's name, for errors.</param>
    /// <exception cref="ArgumentException">It is neither.</exception>
    internal static byte[] Read(object input, string what)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        return TryRead(value) ?? throw new ArgumentException($"Give -{what} as an array of bytes, or as an even number of hexadecimal digits.");
    }

    /// <summary>What was given to a parameter that takes several: an array of bytes is one thing, which the engine has taken apart.</summary>
    internal static IReadOnlyList<object> Items(object[] given) => given.Length > 1 && given.All(item => (item is PSObject wrapped ? wrapped.BaseObject : item) is byte)
        ? [given.Select(item => (byte)(item is PSObject wrapped ? wrapped.BaseObject : item)).ToArray()]
        : given;

    /// <returns>Null if it is neither.</returns>
    internal static byte[]? TryRead(object value) => value switch
    {
        byte[] bytes => bytes,
        string text => Hex.TryParse(text.Trim().ToLowerInvariant()),
        // An array that a script made is one of objects.
        object[] items => LanguagePrimitives.TryConvertTo(items, out byte[] bytes) ? bytes : null,
        _ => null,
    };
}
