using System.CommandLine;
using System.Linq;

namespace TpmMigration.Authority.Hosting;

/// <summary>Why something is changed: it stays in the audit trail.</summary>
internal static class ReasonOption
{
    private const int MostLength = 500;

    internal static Option<string> Make()
    {
        var option = new Option<string>("--reason") { Description = "Why; goes into the audit trail.", Required = true };
        option.Validators.Add(result =>
        {
            string? text = result.GetValueOrDefault<string>();
            if (string.IsNullOrWhiteSpace(text) || text.Length > MostLength || text.Any(char.IsControl)) result.AddError($"A reason is a line of 1 to {MostLength} characters.");
        });
        return option;
    }
}
