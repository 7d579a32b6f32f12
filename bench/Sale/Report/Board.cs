using System.Globalization;
using Spectre.Console;

namespace OrleansLimiter.SaleBench.Report;

/// <summary>Shows how a sale goes on: in place on a terminal, else a line every few seconds.</summary>
internal static class Board
{
    private const double SecondsBetweenLines = 2;

    /// <summary>Shows what the work hands over, until it is done.</summary>
    public static Task ShowAsync(Func<Action<Scene>, Task> work) => Console.IsOutputRedirected ? WriteAsync(work) : DrawAsync(work);

    private static Task WriteAsync(Func<Action<Scene>, Task> work)
    {
        var last = double.MinValue;
        return work(scene =>
        {
            if (scene.Second - last < SecondsBetweenLines)
                return;
            last = scene.Second;
            Console.WriteLine(scene);
        });
    }

    private static Task DrawAsync(Func<Action<Scene>, Task> work) => AnsiConsole.Live(new Text("The people are made.")).StartAsync(live => work(scene =>
    {
        live.UpdateTarget(TableOf(scene));
        live.Refresh();
    }));

    private static Table TableOf(Scene scene)
    {
        var table = new Table().Border(TableBorder.Rounded).Width(76).AddColumn("The sale").AddColumn(new TableColumn(string.Empty).RightAligned()).AddColumn(new TableColumn(string.Empty).Width(40));
        Add(scene.Second < 0 ? "opens in" : "open for", string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(scene.Second):0.0} s"), new Text(scene.Phase));
        Add("in line", Number(scene.Waiting), new Text(string.Empty));
        Add("in checkout", Number(scene.InCheckout), new Text(string.Empty));
        Add("tickets sold", Number(scene.Sold + scene.ToBots), new BreakdownChart().HideTags().Width(40)
            .AddItem("people", scene.Sold, Color.Green).AddItem("bots", scene.ToBots, Color.Red).AddItem("left", scene.Total - scene.Sold - scene.ToBots, Color.Grey));
        Add("of these to bots", Number(scene.ToBots), new Text(string.Empty));
        Add("refused by the limit", Number(scene.LimitedPeople + scene.LimitedBots), new Text(string.Create(CultureInfo.InvariantCulture, $"{scene.LimitedPeople} of people, {scene.LimitedBots} of bots")));
        return table;

        void Add(string name, string value, Spectre.Console.Rendering.IRenderable more) => table.AddRow(new Text(name), new Text(value), more);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
