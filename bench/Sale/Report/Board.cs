using System.Globalization;
using Spectre.Console;

namespace OrleansLimiter.SaleBench.Report;

/// <summary>
/// Shows how a sale goes on: in place on a terminal, else a line every second or two. It has a thread of its own, and never waits for what
/// it shows: on a machine so busy that nobody is answered, the time at least goes on.
/// </summary>
internal static class Board
{
    private static readonly TimeSpan BetweenPictures = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(1.5);

    /// <summary>Shows scenes until the work is done, and a last one then.</summary>
    /// <param name="scene">The scene as it is now; asked for by one thread, must not wait.</param>
    /// <param name="work">What is shown.</param>
    /// <param name="output">Where to lines go; null: the console, and a picture in place if it is a terminal.</param>
    /// <param name="between">How long between two lines; null: 1.5 s.</param>
    public static async Task ShowAsync(Func<Scene> scene, Task work, TextWriter? output = null, TimeSpan? between = null)
    {
        using var over = new ManualResetEventSlim();
        var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                if (output is not null || Console.IsOutputRedirected)
                    Write(scene, over, output ?? Console.Out, between ?? BetweenLines);
                else
                    Draw(scene, over);
                shown.SetResult();
            }
            catch (Exception failure)
            {
                shown.SetException(failure);
            }
        })
        { IsBackground = true, Name = "board" };
        thread.Start();
        try
        {
            await work;
        }
        finally
        {
            over.Set();
            await shown.Task;
        }
    }

    private static void Write(Func<Scene> scene, ManualResetEventSlim over, TextWriter output, TimeSpan between)
    {
        do
            output.WriteLine(scene());
        while (!over.Wait(between));
        output.WriteLine(scene());
    }

    private static void Draw(Func<Scene> scene, ManualResetEventSlim over) => AnsiConsole.Live(TableOf(scene())).Start(live =>
    {
        while (!over.Wait(BetweenPictures))
            Update();
        Update();

        void Update()
        {
            live.UpdateTarget(TableOf(scene()));
            live.Refresh();
        }
    });

    private static Table TableOf(Scene scene)
    {
        var table = new Table().Border(TableBorder.Rounded).Width(76).AddColumn("The sale")
            .AddColumn(new TableColumn(string.Empty).RightAligned()).AddColumn(new TableColumn(string.Empty).Width(40));
        Add(scene.Second < 0 ? "opens in" : "open for", string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(scene.Second):0.0} s"),
            new Text(scene.Phase + scene.Age));
        Add("in line", Number(scene.Waiting), new Text(string.Empty));
        Add("in checkout", Number(scene.InCheckout), new Text(string.Empty));
        Add("tickets sold", Number(scene.Sold + scene.ToBots), new BreakdownChart().HideTags().Width(40)
            .AddItem("people", scene.Sold, Color.Green).AddItem("bots", scene.ToBots, Color.Red)
                .AddItem("left", scene.Total - scene.Sold - scene.ToBots, Color.Grey));
        Add("of these to bots", Number(scene.ToBots), new Text(string.Empty));
        Add("refused by the limit", Number(scene.LimitedPeople + scene.LimitedBots),
            new Text(string.Create(CultureInfo.InvariantCulture, $"{scene.LimitedPeople} of people, {scene.LimitedBots} of bots")));
        return table;

        void Add(string name, string value, Spectre.Console.Rendering.IRenderable more) =>
            table.AddRow(new Text(name), new Text(value), more);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
