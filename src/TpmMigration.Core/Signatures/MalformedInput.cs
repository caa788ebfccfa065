using System;
using System.IO;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;

namespace TpmMigration.Signatures;

/// <summary>How BouncyCastle's parsers fail on bytes that are not what they should be: they throw what they happen to stumble over.</summary>
internal static class MalformedInput
{
    internal static bool Causes(Exception e) =>
        e is IOException or ArgumentException or InvalidOperationException or FormatException or ArithmeticException or InvalidCastException
            or IndexOutOfRangeException or CryptoException or GeneralSecurityException or SecurityUtilityException or NullReferenceException;
}
