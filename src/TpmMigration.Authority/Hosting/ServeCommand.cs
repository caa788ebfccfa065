using System.CommandLine;
using System.IO;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma serve`: the service itself.</summary>
internal static class ServeCommand
{
    internal static Command Make(CommonOptions common)
    {
        var listen = new Option<string>("--listen") { Description = "Address and port; port 0 takes a free one.", DefaultValueFactory = _ => ServerOptions.DefaultEndpoint };
        var plain = new Option<bool>("--http") { Description = "Without TLS. On loopback only." };
        var most = new Option<long?>("--most-package-bytes") { Description = "The largest package that is stored; 16 MiB if it is not given." };
        var command = new Command("serve", "Runs the service until it is told to end.") { listen, plain, most };
        command.SetAction(async (parsed, cancellation) =>
        {
            ServerOptions options = ServerOptions.Of(parsed.GetValue(listen)!, parsed.GetValue(plain), parsed.GetValue(most));
            using OpenAuthority authority = OpenAuthority.Open(common.Directory(parsed));
            TextWriter output = parsed.InvocationConfiguration.Output;
            await Server.Run(authority, options, address =>
            {
                output.WriteLine($"'{authority.Keys.Name}' listens on {address}");
                output.Flush();
            }, cancellation);
            return 0;
        });
        return command;
    }
}
