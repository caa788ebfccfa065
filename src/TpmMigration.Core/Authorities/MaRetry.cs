using System;
using System.Threading;

namespace TpmMigration.Authorities;

/// <summary>Asks again, after a while, what may fare better then. Only for what does no harm when it is done twice.</summary>
internal static class MaRetry
{
    private const int Attempts = 4;

    // Whoever waited in vain for long does not want to do so four times.
    private const int AttemptsInTime = 2;
    private const int FirstMilliseconds = 250;

    private static readonly Random Jitter = new();

    /// <param name="work">The request.</param>
    /// <param name="told">Is told why it is asked again.</param>
    /// <param name="cancellation">Heeded while waiting.</param>
    internal static T Run<T>(Func<T> work, Action<string>? told, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return work();
            }
            catch (MaServiceException e) when (e.IsPassing && attempt < (e.Fault == MaServiceFault.TimedOut ? AttemptsInTime : Attempts))
            {
                told?.Invoke(e.Message);
                int pause = FirstMilliseconds << (attempt - 1);
                // Those who were turned away together must not come back together.
                lock (Jitter) pause = Jitter.Next(pause / 2, pause * 3 / 2);
                cancellation.WaitHandle.WaitOne(pause);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }
}
