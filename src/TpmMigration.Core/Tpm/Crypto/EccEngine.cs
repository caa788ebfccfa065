namespace TpmMigration.Tpm;

/// <summary>
/// Picks the arithmetic. On Linux that of the OpenSSL which .NET itself uses, five times as fast as through .NET; elsewhere what .NET exposes of the
/// platform, since in a new process it answers some 40 ms sooner than a managed library that must first be compiled, and then twice as fast; BouncyCastle on
/// .NET Framework, which exposes none.
/// </summary>
internal static class EccEngine
{
#if NET
    public static IEccEngine Default { get; } = OpenSslLibrary.IsThere ? new OpenSslEccEngine() : new PlatformEccEngine();
#else
    public static IEccEngine Default { get; } = new BouncyCastleEccEngine();
#endif
}
