using System;
using HelpBuilder;

if (args.Length != 2)
{
    Console.Error.WriteLine("Usage: HelpBuilder <folder of Markdown pages> <folder of help files>");
    return 64;
}

try
{
    HelpFolder.Write(args[0], args[1]);
    return 0;
}
catch (HelpFormatException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
