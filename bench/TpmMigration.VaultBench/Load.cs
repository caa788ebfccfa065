using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;
using TpmMigration.Tests.Authority.Scene;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.VaultBench;

/// <summary>Sends messages that are ready from several clients at a time: what a client does besides is not the service's.</summary>
internal static class Load
{
    /// <summary>Packages as they are laid in.</summary>
    internal static IReadOnlyList<byte[]> Uploads(byte[] token, IEnumerable<byte[]> packages) =>
        [.. packages.Select(package => Message("Upload", Part("Token", token), Part("Package", package)))];

    /// <param name="authority">Where to.</param>
    /// <param name="messages">Each is sent once.</param>
    /// <param name="clients">How many at a time.</param>
    /// <param name="shortest">Bytes that every answer has at least.</param>
    /// <returns>Seconds until all are answered.</returns>
    internal static async Task<double> Send(AuthorityProcess authority, IEnumerable<byte[]> messages, int clients, int shortest = 0)
    {
        var waiting = new ConcurrentQueue<byte[]>(messages);
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            using var http = new HttpClient();
            while (waiting.TryDequeue(out byte[]? message))
            {
                using var content = new ByteArrayContent(message);
                content.Headers.ContentType = new MediaTypeHeaderValue("text/xml");
                using HttpResponseMessage answer = await http.PostAsync(authority.Address, content);
                byte[] text = await answer.Content.ReadAsByteArrayAsync();
                if (!answer.IsSuccessStatusCode || text.Length < shortest) throw new InvalidOperationException(Encoding.UTF8.GetString(text));
            }
        })));
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
