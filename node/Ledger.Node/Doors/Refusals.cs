using Ledger.Node.Api;

namespace Ledger.Node.Doors;

internal static class Refusals
{
    /// <summary>Tells the API description which problem documents a door answers with.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder door, params int[] statuses)
    {
        foreach (int status in statuses)
        {
            door.Produces<ProblemModel>(status, Problems.MediaType);
        }

        return door;
    }
}
