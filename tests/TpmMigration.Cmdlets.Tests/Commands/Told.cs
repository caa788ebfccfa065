using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>All that a script said, in every stream, with all that hangs on it, as one text to search.</summary>
internal sealed class Told
{
    private const int Depth = 5;

    private readonly StringBuilder _text = new();
    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);

    private Told(ModuleSessionResult result)
    {
        foreach (object o in result.Output.Cast<object?>().Concat(result.Errors).Append(result.Terminating).OfType<object>())
        {
            _text.AppendLine(o.ToString());
            Add((o as PSObject)?.BaseObject is ErrorRecord error ? error : o);
        }
        foreach (string line in result.Warnings.Concat(result.Verbose).Concat(result.Debug).Concat(result.Information)) _text.AppendLine(line);
        foreach (ProgressRecord progress in result.Progress)
            _text.AppendLine(progress.Activity).AppendLine(progress.StatusDescription).AppendLine(progress.CurrentOperation);
    }

    internal static string By(ModuleSessionResult result) => new Told(result)._text.ToString();

    private void Add(object? value)
    {
        switch (value)
        {
            case ErrorRecord error when _seen.Add(error):
                _text.AppendLine(error.ErrorDetails?.Message).AppendLine(error.ErrorDetails?.RecommendedAction).AppendLine(error.CategoryInfo.ToString())
                    .AppendLine(error.FullyQualifiedErrorId).AppendLine(error.InvocationInfo?.PositionMessage).AppendLine(error.ScriptStackTrace);
                Add(error.TargetObject);
                Add(error.Exception);
                break;
            case Exception exception when _seen.Add(exception):
                _text.AppendLine(exception.ToString());
                foreach (PSPropertyInfo property in PSObject.AsPSObject(exception).Properties) Add(property.Value);
                break;
            case null or ErrorRecord or Exception:
                break;
            case MemberInfo:
                // The method that threw: with the types and assemblies that hang on it ten megabytes for each error, and none of it a script's.
                break;
            default:
                _text.AppendLine(PSSerializer.Serialize(value, Depth));
                break;
        }
    }
}
